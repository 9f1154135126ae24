"""Acts into messages: which producer reports what in which format, with which key, how late."""

from collections.abc import Iterator
from random import Random

import orjson

from deploy.simulate.acts import Act, Bundle
from deploy.simulate.formats import (
    MAIL_NAMES,
    Payload,
    native_fact,
    native_mail,
    native_trial,
    native_web,
    rudderstack_web,
    segment_trial,
    segment_web,
    sendgrid_mail,
)
from deploy.simulate.spec import MINUTE_MS, Label, Message, WorldSpec, mix
from deploy.simulate.world import Company
from schemas.base import Source

SOURCES = {str(source): source for source in Source}
LATE_MS_MIN, LATE_MS_MAX = 2 * MINUTE_MS, 6 * 60 * MINUTE_MS


def messages_of(spec: WorldSpec, bundle: Bundle, company: Company | None, rng: Random) -> Iterator[Message]:
    """The records that report a bundle.

    Args:
        company: whose acts they are; None for nobody's.
        rng: decides on delays.
    """
    act = bundle[0]
    delay_ms = 40 + int(rng.random() * 700)
    if rng.random() < spec.late_share:
        delay_ms = LATE_MS_MIN + int(rng.random() ** 3 * (LATE_MS_MAX - LATE_MS_MIN))
    if act.source == "web":
        yield from _web(act, company, act.at_ms + delay_ms)
    elif act.source == "email":
        yield from _mail(spec, bundle, company, delay_ms + 900)
    else:
        assert company is not None
        yield _other(act, company, act.at_ms + delay_ms)


def _web(act: Act, company: Company | None, sent_ms: int) -> Iterator[Message]:
    assert act.device is not None
    if act.device.format == "segment":
        for payload in segment_web(act, sent_ms):
            yield _message(act, company, sent_ms, payload, payload["messageId"], None)
    elif act.device.format == "rudderstack":
        for payload in rudderstack_web(act, sent_ms):
            yield _message(act, company, sent_ms, payload, payload["messageId"], act.device.anonymous_id)
    else:
        yield _message(act, company, sent_ms, native_web(act), act.event_id, act.device.anonymous_id)


def _mail(spec: WorldSpec, bundle: Bundle, company: Company | None, delay_ms: int) -> Iterator[Message]:
    sendgrid = _by_sendgrid(spec, company)
    if sendgrid and all(act.type in MAIL_NAMES for act in bundle):
        last = bundle[-1]
        yield Message(
            last.at_ms,
            last.at_ms + delay_ms,
            Source.EMAIL,
            "email",
            None,
            orjson.dumps([sendgrid_mail(act) for act in bundle]),
            last.label,
            last.kind,
            _truly(last, company),
            tuple(act.event_id for act in bundle),
            tuple(map(_doer, bundle)),
            _machines(bundle),
        )
        return
    for act in bundle:
        assert act.person is not None
        sent_ms = act.at_ms + delay_ms
        yield _message(act, company, sent_ms, native_mail(act), act.event_id, act.person.email)


def _by_sendgrid(spec: WorldSpec, company: Company | None) -> bool:
    """Whether a company's mails go out by SendGrid: one sender per company, so one format."""
    share = spec.sendgrid_share
    return (mix(spec.seed, company.index if company else 0, 5) & 0xFFFF) < share * 0x10000


def _other(act: Act, company: Company, sent_ms: int) -> Message:
    if act.source != "trial":
        return _message(act, company, sent_ms, native_fact(act, company), act.event_id, company.account_id)
    if company.trial_format == "segment" and act.person is not None:
        return _message(act, company, sent_ms, segment_trial(act, company, sent_ms), act.event_id, None)
    return _message(act, company, sent_ms, native_trial(act, company), act.event_id, company.workspace_id)


def _message(
    act: Act, company: Company | None, sent_ms: int, payload: Payload, event_id: str, key: str | None
) -> Message:
    return Message(
        act.at_ms,
        sent_ms,
        SOURCES[act.source],
        act.source,
        key.encode() if key else None,
        orjson.dumps(payload, option=orjson.OPT_UTC_Z),
        act.label,
        act.kind,
        _truly(act, company),
        (event_id,),
        (_doer(act),),
        _machines((act,)),
    )


def _truly(act: Act, company: Company | None) -> str:
    if act.truly is not None:
        return act.truly
    return company.account_id if company else ""


def _doer(act: Act) -> str:
    return act.doer or (act.person.email if act.person else "")


def _machines(bundle: Bundle) -> tuple[tuple[str, str], ...]:
    return tuple((act.event_id, act.kind) for act in bundle if act.label is Label.MACHINE)
