"""What code a configured value runs, as one hash, so that an edit under the same name is noticed."""

from robustlib.source.fingerprint import Known as Known
from robustlib.source.fingerprint import fingerprint_of as fingerprint_of
