"""Which errors pass: after those a lane is opened anew, all others stop the worker."""

from aiokafka import errors
from aiokafka.errors import KafkaError

from schemas.errors import TriggerpointError

REFUSED = (
    errors.MessageSizeTooLargeError,
    errors.TopicAuthorizationFailedError,
    errors.GroupAuthorizationFailedError,
    errors.TransactionalIdAuthorizationFailed,
    errors.ClusterAuthorizationFailedError,
    errors.AuthenticationFailedError,
    errors.SaslAuthenticationFailed,
    errors.UnsupportedVersionError,
    errors.IncompatibleBrokerVersion,
    errors.InvalidTransactionTimeout,
    errors.InvalidTopicError,
)
"""What the broker refuses today it refuses tomorrow: stop with a clear text instead of trying for ever."""


def may_retry(error: KafkaError | TriggerpointError) -> bool:
    """Whether the lane may be opened anew after this error and the batch worked again."""
    if isinstance(error, TriggerpointError):
        return error.retryable
    return not isinstance(error, REFUSED)
