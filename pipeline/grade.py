"""Grade: who made the hit, a human or a machine, by what one event says by itself. What several hits of one subject
say together is judged later, where their state is (`pipeline/machines/`).

Rules in their order; the first that holds is the event's one grade reason:

- `sender_verdict`  any source: the producer itself says so (native `machine: true`)
- `proxy_open`      mail opens: SendGrid's `sg_machine_open`; the image proxies of Google and Yahoo; a bare
                    `Mozilla/5.0`, as Apple's privacy proxy sends
- `mail_scanner`    mail: the user agent names a mail security gateway
- `automation`      any source: a browser driven by a program (HeadlessChrome and its like)
- `crawler`         web, mail, social: on the list of package crawler-user-agents, which knows crawlers and HTTP
                    libraries such as curl and python-requests. Not on the other sources: a program that calls the API
                    of a product on trial is usage, and systems write their own facts
- `empty_user_agent`  page views on the web whose producer says that the user agent was empty: suspect, not a
                    machine's, since it may mean that it knows none

No user agent told means human, since server-side producers send none. Image proxies stand on the crawlers' list too;
they are asked for before it, and only at opens, so that a proxied open says what it is.
"""

import re
from functools import lru_cache

from pipeline.lists.crawlers import is_crawler
from schemas.base import Source
from schemas.event import Grade

HUMAN = (Grade.HUMAN, "")
EMPTY = (Grade.SUSPECT, "empty_user_agent")
USER_AGENT_LENGTH_READ = 512

_PROXY = re.compile(r"GoogleImageProxy|YahooMailProxy", re.IGNORECASE)
_BARE = "Mozilla/5.0"
_SCANNER = re.compile(
    r"barracuda|proofpoint|mimecast|trendmicro|messagelabs|fireeye|safelinks|cloudmark|forcepoint|fortimail"
    r"|hornetsecurity|ironport|ironscales|mail-?scan|sophos|symantec|trustwave|vadesecure|avanan",
    re.IGNORECASE,
)
_AUTOMATION = re.compile(r"Headless|PhantomJS|Playwright|Puppeteer|Selenium|Cypress", re.IGNORECASE)
_CRAWLERS_ON = frozenset({Source.WEB, Source.EMAIL, Source.SOCIAL})


def grade(source: Source, kind: str, user_agent: str | None, verdict: str = "") -> tuple[Grade, str]:
    """Who made the hit, and why it is not graded human.

    Args:
        source: topic family the event came on.
        kind: event type.
        user_agent: the client's; None if the producer does not tell it, '' if it tells that there was none.
        verdict: the sender's own reason to call it a machine's; '' if it gave none.
    """
    if verdict:
        return Grade.MACHINE, verdict
    if not user_agent:
        return EMPTY if user_agent == "" and kind == "page_view" and source is Source.WEB else HUMAN
    reason = _reason(source, kind == "open", user_agent[:USER_AGENT_LENGTH_READ])
    return (Grade.MACHINE, reason) if reason else HUMAN


@lru_cache(maxsize=16_384)  # user agents repeat
def _reason(source: Source, opened: bool, user_agent: str) -> str:
    if source is Source.EMAIL:
        if opened and (user_agent == _BARE or _PROXY.search(user_agent)):
            return "proxy_open"
        if _SCANNER.search(user_agent):
            return "mail_scanner"
    if _AUTOMATION.search(user_agent):
        return "automation"
    return "crawler" if source in _CRAWLERS_ON and is_crawler(user_agent) else ""
