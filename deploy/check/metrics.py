"""Which series the product really exposes, and with which labels: asked from the product itself."""

from collections.abc import Mapping

from prometheus_client.metrics import MetricWrapperBase

from agents.metrics import Metrics

SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "info": ("_info",)}
TARGET_LABELS = frozenset({"job", "instance"})
"""Labels Prometheus itself puts on every series it scrapes."""

SERVER_SERIES: Mapping[str, frozenset[str]] = {"up": TARGET_LABELS}


def exposed() -> dict[str, frozenset[str]]:
    """Name of each series a scrape may bring -> its labels."""
    metrics = Metrics()
    own_labels = {
        # the labels are told nowhere else before a first sample
        next(iter(metric.describe())).name: frozenset(metric._labelnames)  # noqa: SLF001
        for metric in vars(metrics).values()
        if isinstance(metric, MetricWrapperBase)
    }
    series = dict(SERVER_SERIES)
    for family in metrics.registry.collect():
        labels = own_labels.get(family.name, frozenset()).union(*(sample.labels for sample in family.samples))
        for suffix in SUFFIXES.get(family.type, ("",)):
            series[family.name + suffix] = labels | TARGET_LABELS | ({"le"} if suffix == "_bucket" else set())
    return series
