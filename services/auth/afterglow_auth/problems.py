"""What the accounts API may refuse besides the ordinary; each has a code of its own that pages can tell apart."""

from afterglow_foundation.errors import Conflict, FieldError, Forbidden, InvalidInput, Refusal


class AddressTaken(Conflict):
    code, title = "address_taken", "Somebody here has this mail address already"

    def __init__(self, refusal: Refusal) -> None:
        taken = FieldError(field="email", code=self.code, message="Somebody here has this mail address already.")
        super().__init__(errors=[taken], refusal=refusal)


class AlreadyAsked(Conflict):
    code, title = "already_asked", "This is under way already"


class AlreadyAssigned(Conflict):
    code, title = "already_assigned", "This therapist already treats this client"


class AlreadyOpen(Conflict):
    code, title = "already_open", "This record is open to you already"


class AlreadySo(Conflict):
    code, title = "already_so", "This is so already"


class AlreadyProposed(Conflict):
    code, title = "already_proposed", "This waits for a second person already"


class ChangedMeanwhile(Conflict):
    code, title = "changed_meanwhile", "Somebody else has changed this since you opened it"


class ImportHasFaults(Conflict):
    code, title = "import_has_faults", "Some rows of this file cannot be used"


class ReviewedBefore(Conflict):
    code, title = "reviewed_before", "Somebody has reviewed this already"


class ProposerGone(Conflict):
    code, title = "proposer_gone", "Whoever asked for this is not an admin any more"


class ClientStays(Conflict):
    code, title = "client_stays", "A client's account stays a client's"


class StillTreating(Conflict):
    code, title = "still_treating", "They still treat clients"


class LastAdmin(Conflict):
    code, title = "last_admin", "This is the practice's last admin"


class NoAccountYet(Conflict):
    code, title = "no_account_yet", "They have not taken up their invitation yet"


class AccountDisabled(Conflict):
    code, title = "account_disabled", "This account is disabled"


class NoLongerOpen(Conflict):
    code, title = "no_longer_open", "This is not open any more"


class BuiltIn(Forbidden):
    code, title = "built_in", "This belongs to the system itself and is not changed here"


class OwnAccount(Forbidden):
    code, title = "own_account", "Nobody does this to their own account"


class OwnAct(Forbidden):
    code, title = "own_act", "Nobody reviews what they did themselves"


class NeedsAnotherPerson(Forbidden):
    code, title = "needs_another_person", "This takes another admin than the one who asked for it"


class UnfitTimes(InvalidInput):
    """Something would end before it begins, or lies in the past."""

    def __init__(self, field: str, refusal: Refusal | None = None) -> None:
        wrong = FieldError(field=field, code="unfit_times", message="This has to be later.")
        super().__init__(errors=[wrong], refusal=refusal)


class UnfitPair(InvalidInput):
    """The two are not a client and a therapist with live accounts; each field says what it should have been."""

    def __init__(self, wrong: dict[str, str], refusal: Refusal | None = None) -> None:
        errors = [FieldError(field=field, code="unfit", message=message) for field, message in wrong.items()]
        super().__init__(errors=errors, refusal=refusal)


class TooManyBrowsers(Conflict):
    code, title = "too_many_browsers", "Notices come to ten of your browsers already"
