"""What approving or withdrawing a proposal means, said before it is done."""

from afterglow_design.languages import _, lazy

from afterglow_web.admin.confirming import Question
from afterglow_web.admin.records import Act, PersonRole, Proposal
from afterglow_web.admin.wording import proposal_title

BACK = "/proposals"
BECOMES = {
    PersonRole.admin: lazy("Whoever opens its link becomes an admin here."),
    PersonRole.client: lazy("Whoever opens its link becomes a client here."),
    PersonRole.therapist: lazy("Whoever opens its link becomes a therapist here."),
}
POWERS = {
    PersonRole.admin: lazy("An admin manages accounts and says who treats whom. An admin reads nothing clinical."),
    PersonRole.client: lazy("A client writes for themselves and decides what to share."),
    PersonRole.therapist: lazy("A therapist reads what clients in their care share, once an admin has assigned them."),
}


def approval(proposal: Proposal) -> Question:
    about = proposal.about
    invites = (
        _("An invitation goes to %(email)s at once.", email=about.email),
        str(BECOMES[about.role]),
        str(POWERS[about.role]),
    )
    resets = (
        _(
            "The password of %(name)s does not open the account any more, and every session of theirs ends.",
            name=about.name,
        ),
        _(
            "A link to choose a new password goes to %(email)s, or to where they have e-mails sent instead.",
            email=about.email,
        ),
    )
    factors = (
        _("%(name)s was told by mail, and can stop it until the day is over.", name=about.name),
        _("Then nothing they signed in with opens the account any more, and every session of theirs ends."),
        _(
            "A link to choose new ways goes to %(email)s, or to where they have e-mails sent instead.",
            email=about.email,
        ),
    )
    happens = {
        Act.change_role: (
            _("%(name)s is signed out everywhere, and told by mail.", name=about.name),
            str(POWERS[proposal.becomes or about.role]),
        ),
        Act.enable: (
            _("%(name)s signs in as before the account was closed.", name=about.name),
            str(POWERS[about.role]),
        ),
        Act.invite: invites,
        Act.reset: resets,
        Act.reset_factors: factors,
    }[proposal.act]
    return Question(
        heading=_("Approve: %(title)s?", title=lower(proposal_title(proposal))),
        happens=happens,
        stays=(
            _(
                "%(name)s stays on record as the one who asked, and you as the one who approved.",
                name=proposal.proposed_by.name,
            ),
            _("Ask them in person if this surprises you."),
        ),
        button=_("Approve"),
        back=BACK,
        dangerous=False,
    )


def withdrawal(proposal: Proposal) -> Question:
    return Question(
        heading=_("Withdraw: %(title)s?", title=lower(proposal_title(proposal))),
        happens=(_("It will not be carried out, and cannot be approved any more."),),
        stays=(
            _("It stays on record, with who asked for it and who withdrew it."),
            _("It can be asked for anew."),
        ),
        button=_("Withdraw"),
        back=BACK,
    )


def lower(text: str) -> str:
    return text[:1].lower() + text[1:]
