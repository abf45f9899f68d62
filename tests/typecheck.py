"""The shape checker of the tests: beartype, with Python's numeric tower, so that `eps=1` is a float."""

from beartype import BeartypeConf, beartype

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
