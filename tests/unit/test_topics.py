from agents.stages import ARCHIVED, STAGES, inputs_of
from schemas.base import Source
from schemas.topics import CATALOGUE, IDENTITY, JOURNEY_CHANGELOG, RAW, SUBJECT_CHANGELOG, TopicNames, partition_of


def test_names_are_unique_and_follow_one_form() -> None:
    names = [topic.name for topic in CATALOGUE]
    assert len(set(names)) == len(names)
    assert all(name.startswith("intent.") and name.endswith(".v1") and name == name.lower() for name in names)


def test_changelogs_are_compacted_and_the_rest_kept_for_days() -> None:
    assert JOURNEY_CHANGELOG.config["cleanup.policy"] == "compact"
    assert SUBJECT_CHANGELOG.compacted
    assert RAW[Source.WEB].config["retention.ms"] == str(14 * 86_400_000)


def test_the_broker_stamps_what_comes_in() -> None:
    assert {topic.name for topic in CATALOGUE if topic.config.get("message.timestamp.type") == "LogAppendTime"} == {
        topic.name for topic in CATALOGUE if topic.input and not topic.compacted
    }


def test_every_topic_is_read_by_the_stage_the_catalogue_says() -> None:
    inputs = inputs_of(TopicNames())
    assert tuple(inputs) == STAGES
    for topic in CATALOGUE:
        for reader in topic.consumer.split(", "):
            if reader in STAGES and not topic.compacted:
                assert topic.name in inputs[reader], (topic.name, reader)
    assert IDENTITY.name in inputs["identify"]
    assert {topic.name for topic in ARCHIVED} == set(inputs["archive"])


def test_partition_of_is_stable() -> None:
    assert [partition_of(key, 4) for key in (b"acme", b"", b"a:v-1")] == [2, 0, 2]
