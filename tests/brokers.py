"""Several brokers on this machine, as one cluster: what a worker meets past one machine."""

import subprocess
from pathlib import Path

from deploy.local import kafka, ports
from deploy.local.distribution import kafka_jars
from deploy.local.report import Reporter

MEMORY = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
STOP_SECONDS = 30.0

_SETTINGS = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={logs}
offsets.topic.replication.factor=3
offsets.topic.num.partitions=3
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
transaction.state.log.num.partitions=3
share.coordinator.state.topic.replication.factor=3
share.coordinator.state.topic.min.isr=2
share.coordinator.state.topic.num.partitions=1
min.insync.replicas=2
auto.create.topics.enable=false
message.max.bytes=2097152
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=6000
broker.heartbeat.interval.ms=1000
log.cleaner.dedupe.buffer.size=8388608
"""


class Brokers:
    """A cluster of three: each partition on all of them, two must have a record before it counts.

    Args:
        folder: of everything they write.
    """

    COUNT = 3

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        taken: list[int] = []
        for _ in range(2 * self.COUNT):
            taken.append(ports.choose_port("Kafka", asked=None, wishes=(), avoid=tuple(taken)))
        self._ports, self._controllers = taken[: self.COUNT], taken[self.COUNT :]
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def bootstrap_servers(self) -> str:
        """All of them, by comma."""
        return ",".join(f"{ports.LOOPBACK}:{port}" for port in self._ports)

    def start(self) -> None:
        """Format and start all; does not wait until they serve."""
        jars = ":".join(str(jar) for jar in kafka_jars(Reporter(None)))
        cluster = kafka._new_cluster_id()
        voters = ",".join(f"{at + 1}@{ports.LOOPBACK}:{port}" for at, port in enumerate(self._controllers))
        environment = {"CLASSPATH": jars, "LC_ALL": "C.UTF-8"}
        for at, (port, controller_port) in enumerate(zip(self._ports, self._controllers, strict=True)):
            node = at + 1
            folders = kafka.KafkaFolders(self._folder / f"broker-{node}")
            for made in (folders.logs, folders.settings.parent, folders.log.parent):
                made.mkdir(parents=True)
            folders.settings.write_text(
                _SETTINGS.format(
                    node=node,
                    voters=voters,
                    host=ports.LOOPBACK,
                    port=port,
                    controller_port=controller_port,
                    logs=folders.logs,
                )
            )
            folders.logging.write_text(kafka._LOGGING.format(file=folders.log))
            java = kafka._java(folders, *MEMORY)
            tool = ["kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(folders.settings)]
            subprocess.run([*java, *tool], env=environment, check=True, capture_output=True, timeout=120)
            with folders.output.open("wb") as log:
                self._running[node] = subprocess.Popen(
                    [*java, "kafka.Kafka", str(folders.settings)], env=environment, stdout=log, stderr=log
                )

    def kill(self, node: int) -> None:
        """End one at once, as a machine that is gone."""
        process = self._running.pop(node)
        process.kill()
        process.wait(STOP_SECONDS)

    def close(self) -> None:
        """End all that still run."""
        for node in list(self._running):
            self.kill(node)
