"""What the simulated vendor offers: its site's pages, its assets, its two products; and what calls on it."""

from typing import NamedTuple

SITE = "https://www.orvanta-sim.com"
"""The vendor is made up, as are all companies and people of the simulation."""


class Page(NamedTuple):
    """One page of the vendor's site."""

    path: str
    title: str
    topic: str = ""
    asset: str = ""

    @property
    def url(self) -> str:
        """Absolute address."""
        return SITE + self.path


PRODUCT, SECOND_PRODUCT = "flow", "guard"
FEATURES = ("import", "dashboard", "export", "rules", "alerts", "api", "report", "share")
SECOND_FEATURES = ("audit_log", "policies", "sso", "scan")

HOME = Page("/", "Orvanta")
BLOG = (
    Page("/blog/why-data-pipelines-fail", "Why data pipelines fail", "data quality"),
    Page("/blog/five-signs-of-manual-work", "Five signs of manual work", "automation"),
    Page("/blog/from-batch-to-streams", "From batch to streams", "streaming"),
    Page("/blog/cost-of-bad-data", "The cost of bad data", "data quality"),
    Page("/blog/security-review-checklist", "Security review checklist", "security"),
    Page("/blog/how-teams-choose-tools", "How teams choose tools", "buying"),
)
ASSETS = (
    Page("/resources/buyers-guide", "Buyer's guide", "buying", "buyers-guide"),
    Page("/resources/streaming-white-paper", "Streaming in practice", "streaming", "streaming-white-paper"),
    Page("/resources/automation-benchmark", "Automation benchmark", "automation", "automation-benchmark"),
    Page("/resources/data-quality-ebook", "Data quality e-book", "data quality", "data-quality-ebook"),
    Page("/resources/security-white-paper", "Security white paper", "security", "security-white-paper"),
    Page("/resources/roi-worksheet", "ROI worksheet", "business case", "roi-worksheet"),
)
WEBINAR = Page("/webinars/live-tour", "Live tour", "product", "live-tour")
PRICING = Page("/pricing", "Pricing", "pricing")
COMPARE = (
    Page("/compare/dataloom", "Orvanta or Dataloom", "comparison"),
    Page("/compare/pipewright", "Orvanta or Pipewright", "comparison"),
)
REFERENCES = (
    Page("/customers/halven-logistics", "How Halven cut lead times", "reference"),
    Page("/customers/brisco-foods", "Brisco Foods in production", "reference"),
    Page("/customers/terrano-bank", "Terrano: audit-ready in a month", "reference"),
)
DOCS = (
    Page("/docs/quickstart", "Quickstart", "product"),
    Page("/docs/connectors", "Connectors", "product"),
    Page("/docs/api", "API reference", "product"),
    Page("/docs/admin/users", "Users and roles", "product"),
)
SECURITY = Page("/security", "Security", "security")
DEMO = Page("/demo", "See a demo", "product")
CONTACT = Page("/contact", "Talk to us", "")
SIGNUP = Page("/signup", "Start your trial", "product")
PRODUCT_PAGE = Page("/products/flow", "Orvanta Flow", "streaming")
SECOND_PAGES = (
    Page("/products/guard", "Orvanta Guard", "security"),
    Page("/products/guard/features", "Orvanta Guard: features", "security"),
    Page("/docs/guard/quickstart", "Guard quickstart", "security"),
)
SECOND_PRICING = Page("/products/guard/pricing", "Orvanta Guard: pricing", "pricing")
UNSUBSCRIBE = Page("/unsubscribe", "Unsubscribe")

ALL_PAGES = (HOME, *BLOG, *ASSETS, PRICING, *COMPARE, *REFERENCES, *DOCS, SECURITY, PRODUCT_PAGE, *SECOND_PAGES)

REFERRERS = (
    "https://www.google.com/",
    "https://www.bing.com/",
    "https://www.linkedin.com/",
    "https://duckduckgo.com/",
    "",
    "",
)
BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 "
    "Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
)
CRAWLERS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36",
    "python-requests/2.32.3",
)
MAIL_PROXY = "Mozilla/5.0"
"""What the mail proxy of a large phone maker sends when it opens mails on its own."""


def mail_links(asset: Page) -> tuple[Page, ...]:
    """The links of one mail that offers an asset, in their order; the last one unsubscribes."""
    return (asset, BLOG[len(asset.path) % len(BLOG)], PRICING, UNSUBSCRIBE)
