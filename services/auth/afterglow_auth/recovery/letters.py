"""What somebody is told who forgot how to sign in: a link, or whom to call."""

from functools import partial

from afterglow_design.languages import lazy

from afterglow_auth.links.doors import RECOVERY
from afterglow_auth.links.letters import write_link
from afterglow_auth.mail.letters import Letter

FORGOTTEN = Letter("forgotten", lazy("Another password for your account"), partial(write_link, RECOVERY))
FORGOTTEN_CALL = Letter("forgotten_call", lazy("About your account"))
