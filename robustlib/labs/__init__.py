"""Labs: locked targets for readers to break, and the judge of their attacks."""

from robustlib.labs.judge import judge as judge
from robustlib.labs.judgement import Judgement as Judgement
from robustlib.labs.target import Goal as Goal
from robustlib.labs.target import Target as Target
from robustlib.labs.verdict import Verdict as Verdict
