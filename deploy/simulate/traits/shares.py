"""How much of what makes naming hard is in a world."""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Traits:
    """Shares of hardships, all 0 by default: then a world is as it was without them.

    Of visits:
        away: made from a home, mobile, VPN or café address, whoever else uses it.
        forwarded: share of clicked mails that are clicked by somebody they were forwarded to, half of them elsewhere.

    Of companies:
        own_network: has a network of its own, under its name in some spelling.
        namesake: is called nearly like the company before it.
        isp_namesake: shares its word with an ISP.
        undeclared_domain: the directory lacks its last mail domain.
        role_mailbox: its users sign with `info@`.
        user_id_only: its trial tells a visitor's user id and no mailbox; the mailbox is told elsewhere.

    Of people and devices:
        many_devices: uses three browsers in turn.
        placeholder: its tracker sends `null`, zeros or the like for an id.

    Of records, made by people who go no journey:
        shared_device: a kiosk, meeting room or family device: one visitor's id, people of several companies.
        late_work_mail: leaves a free mailbox first and a work mailbox days later.
        consultant: an agency's mailbox at another company's office address.
        leaver: changes employer and keeps the device.
        known_user: is linked to a visitor's id by a user id alone.
        desk_reader: reads at the office and never gives a name.
        network_staff: works at an account that is a network itself.

    Beside:
        network_accounts: how many ISPs, clouds and the like are accounts; the directory flags those that their name
            does not give away.
    """

    away: float = 0.0
    forwarded: float = 0.0
    own_network: float = 0.0
    namesake: float = 0.0
    isp_namesake: float = 0.0
    undeclared_domain: float = 0.0
    role_mailbox: float = 0.0
    user_id_only: float = 0.0
    many_devices: float = 0.0
    placeholder: float = 0.0
    shared_device: float = 0.0
    late_work_mail: float = 0.0
    consultant: float = 0.0
    leaver: float = 0.0
    known_user: float = 0.0
    desk_reader: float = 0.0
    network_staff: float = 0.0
    network_accounts: int = 0

    def __post_init__(self) -> None:
        """Refuses what is no share."""
        for field in fields(self):
            value = getattr(self, field.name)
            if value < 0 or (value > 1 and field.name != "network_accounts"):
                raise ValueError(f"{field.name} must be a share from 0 to 1")

    @property
    def any(self) -> bool:
        """Whether anything is on."""
        return self != NONE

    def share_of(self, scene: str) -> float:
        """Share of records a kind of scene makes."""
        return float(getattr(self, scene))


NONE = Traits()
HARD = Traits(
    away=0.35,
    forwarded=0.03,
    own_network=0.25,
    namesake=0.08,
    isp_namesake=0.05,
    undeclared_domain=0.15,
    role_mailbox=0.05,
    user_id_only=0.3,
    many_devices=0.2,
    placeholder=0.01,
    shared_device=0.01,
    late_work_mail=0.008,
    consultant=0.006,
    leaver=0.006,
    known_user=0.01,
    desk_reader=0.03,
    network_staff=0.004,
    network_accounts=20,
)
"""Remote work is the rule, each hardship is there; the shares are set, not measured: nobody publishes them."""
