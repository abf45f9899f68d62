"""Files: the one place that writes them whole or not at all, and reads them with the hash or CRC checked first."""

from robustlib.files.arrays import read_arrays as read_arrays
from robustlib.files.claim import claimed as claimed
from robustlib.files.claim import holder as holder
from robustlib.files.noted import NotedFolder as NotedFolder
from robustlib.files.noted import check_notes as check_notes
from robustlib.files.read import parsing as parsing
from robustlib.files.read import read_bytes as read_bytes
from robustlib.files.read import sha256 as sha256
from robustlib.files.states import read_state as read_state
from robustlib.files.states import write_state as write_state
from robustlib.files.tensors import read_tensors as read_tensors
from robustlib.files.tensors import write_tensors as write_tensors
from robustlib.files.texts import read_json as read_json
from robustlib.files.texts import read_table as read_table
from robustlib.files.texts import write_json as write_json
from robustlib.files.write import whole as whole
from robustlib.files.write import write_bytes as write_bytes
