from pipeline.saas import SAAS
from tests.journeys import SAAS as FILE


def test_the_file_says_what_the_code_said() -> None:
    for field in type(FILE).model_fields:
        assert getattr(FILE, field) == getattr(SAAS, field), field
    assert FILE.version == SAAS.version
