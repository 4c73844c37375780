"""boto3 clients that can only read, and every failure of the world in words.

The list of operations stands in front of the wire: botocore asks `guard` before each call of any client made here, whatever called it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from csvgen.clock import Clock
from csvgen.extras import how_to_add
from csvgen.model.counterpart import Counterpart
from csvgen.targets.aws.settings import Aws
from csvgen.targets.probing.counterpart import answers_as_moto, declared, short
from csvgen.targets.probing.facts import NotAllowed
from csvgen.targets.skew import in_step
from csvgen.views import Unanswered

ALLOWED: Mapping[str, tuple[str, ...]] = {
    "s3": (
        "GetObjectLockConfiguration", "GetBucketVersioning", "GetPublicAccessBlock", "GetBucketPolicy", "GetBucketEncryption",
        "ListObjectsV2", "GetObject", "HeadObject",
    ),
    "dynamodb": ("DescribeTable", "DescribeContinuousBackups", "Scan"),
    "cloudtrail": ("GetTrail", "GetTrailStatus", "GetEventSelectors", "ListPublicKeys"),
    "cognito-idp": ("DescribeUserPool", "GetUserPoolMfaConfig", "DescribeUserPoolClient"),
    "ecr": ("DescribeRepositories", "DescribeImages"),
    "ecs": ("DescribeTaskDefinition",),
    "kms": ("DescribeKey", "GetKeyRotationStatus", "GetKeyPolicy"),
    "iam": ("SimulatePrincipalPolicy",),
    "sts": ("GetCallerIdentity",),
}  # fmt: skip
"""Service -> operations of the class List or Read in its authorization reference; none changes anything. The policy in docs/live-run.md is this."""

_PERMISSION = {
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "NotAuthorizedException",
    "403",
    "KMS.AccessDeniedException",
}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}
_UNKNOWN = {"InvalidAccessKeyId", "UnrecognizedClientException", "InvalidClientTokenId", "SignatureDoesNotMatch", "AuthFailure"}
_SKEWED = {"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"}
_THROTTLED = {
    "Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException", "SlowDown", "RequestLimitExceeded",
    "ProvisionedThroughputExceededException", "LimitExceededException", "503",
}  # fmt: skip
_NOT_THERE = {
    "NoSuchBucket", "ResourceNotFoundException", "TrailNotFoundException", "RepositoryNotFoundException", "NotFoundException", "NoSuchEntity",
    "ImageNotFoundException", "404", "NoSuchKey", "NoSuchVersion", "ClientException", "TableNotFoundException",
}  # fmt: skip
_OWN = (
    ".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws", ".c2s.ic.gov", ".sc2s.sgov.gov", ".csp.hci.ic.gov", ".cloud.adc-e.uk",
)  # fmt: skip
"""Domains of the services in the partitions that boto3 knows by itself."""


def guard(model: Any, **_event: Any) -> None:
    """Called by botocore before anything is sent. Raises NotAllowed for an operation that is not on the list."""
    service = model.service_model.service_name
    if model.name not in ALLOWED.get(service, ()):
        raise NotAllowed(f"{service}:{model.name} was not sent: a probe only reads, and this is not on its list")


class Service:
    """One AWS service, asked by operation name."""

    def __init__(self, client: Any, name: str, counterpart: Counterpart, clock: Clock) -> None:
        self.client = client
        self.name = name
        self.counterpart = counterpart
        self.clock = clock

    def source(self, operation: str) -> str:
        """How an observation names a call, and who answered."""
        return f"{self.name}:{operation} [{short(self.counterpart)}]"

    def ask(self, operation: str, *, absent: Sequence[str] = (), **arguments: Any) -> Any:
        """The answer; None where the service says in one of the codes of `absent` that there is no such thing."""
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        where = f"{self.name}:{operation}"
        try:
            answer = getattr(self.client, xform_name(operation))(**arguments)
        except ClientError as problem:
            code = str(problem.response.get("Error", {}).get("Code", "unknown"))
            if code in absent:
                return None
            raise Unanswered(_words(code, problem, where), where=where, hint=_hint(code, where)) from None
        except BotoCoreError as problem:
            raise _unanswered(problem, where) from None
        except ResponseParserError:
            raise Unanswered(
                "the answer cannot be read: the service failed, or another program answers here", where=where
            ) from None
        in_step(self.clock, answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date"), where)
        return answer

    def pages(self, operation: str, rows: str, **arguments: Any) -> Iterator[Any]:
        """Rows of an answer in pages, each page asked for when it is needed."""
        token: dict[str, Any] = {}
        names = {
            "ListObjectsV2": ("NextContinuationToken", "ContinuationToken"),
            "Scan": ("LastEvaluatedKey", "ExclusiveStartKey"),
        }
        given, taken = names.get(operation, ("NextToken", "NextToken"))
        while True:
            answer = self.ask(operation, **arguments, **token)
            yield from answer.get(rows, ())
            if not answer.get(given):
                return
            token = {taken: answer[given]}

    def bytes_of(self, answer: Mapping[str, Any], most: int) -> bytes:
        """The body of an object, with a limit. A body that breaks off is no body."""
        from botocore.exceptions import BotoCoreError
        from urllib3.exceptions import HTTPError

        try:
            data = bytes(answer["Body"].read(most + 1))
        except (BotoCoreError, HTTPError, OSError) as problem:
            raise Unanswered(f"the answer broke off ({type(problem).__name__})", where=f"{self.name}:GetObject") from None
        if len(data) > most:
            raise Unanswered(f"an object has more than {most} bytes", where=f"{self.name}:GetObject")
        return data


def _words(code: str, problem: Any, where: str) -> str:
    message = str(problem.response.get("Error", {}).get("Message", ""))
    if code in _SKEWED or (
        code in {"InvalidSignatureException", "SignatureDoesNotMatch"} and ("expired" in message or "current" in message)
    ):
        return "clock skew: the service does not accept the time of this host"
    groups = (
        (_PERMISSION, f"the account of the probes has no permission for {where}"),
        (_EXPIRED, "the credentials have expired"),
        (_UNKNOWN | {"InvalidSignatureException"}, "the credentials are not accepted"),
        (_THROTTLED, "throttled: too many requests"),
        (_NOT_THERE, "the account has nothing of the name that the settings say"),
    )
    return next((words for codes, words in groups if code in codes), "the service refused") + f" ({code[:60]})"


def _hint(code: str, where: str) -> str:
    if code in _PERMISSION:
        return f"allow {where} to the role of the probes, and nothing that writes"
    return "renew the credentials" if code in _EXPIRED else ""


def _unanswered(problem: Exception, where: str) -> Unanswered:
    kind = type(problem).__name__
    if "Credential" in kind or kind in {
        "ProfileNotFound",
        "TokenRetrievalError",
        "SSOTokenLoadError",
        "UnauthorizedSSOTokenError",
    }:
        return Unanswered(f"no credentials ({kind})", where=where, hint="environment variables, a profile or a role of AWS")
    if kind in {"ParamValidationError", "InvalidRegionError", "NoRegionError"}:
        return Unanswered(f"the settings cannot be used for this call ({kind})", where=where)
    return Unanswered(f"no network, or nobody answers ({kind})", where=where)


class Services:
    """The services of one account, opened when they are first asked."""

    def __init__(self, settings: Aws, clock: Clock, session: Callable[[], Any] | None = None) -> None:
        self.settings = settings
        self._clock = clock
        self._session = session
        self._made: dict[str, Service] = {}
        self._general = declared(settings.counterpart, settings.endpoint is None, "AWS")
        self._s3 = (
            declared(settings.s3_counterpart, settings.s3_endpoint is None, "AWS S3") if settings.s3_endpoint else self._general
        )
        self._known: dict[str, Counterpart] = {}

    def counterpart(self, service: str) -> Counterpart:
        """Who answers a service. An address that answers as the emulator moto does is one, whatever the settings say."""
        said, address = (
            (self._s3, self.settings.s3_endpoint or self.settings.endpoint)
            if service == "s3"
            else (self._general, self.settings.endpoint)
        )
        if address is None:
            return said
        if address not in self._known:
            self._known[address] = (
                Counterpart(kind="emulator", name="moto", version="(as it answers)") if answers_as_moto(address) else said
            )
        found = self._known[address]
        return said if found.kind == said.kind else found

    def __call__(self, service: str) -> Service:
        """Raises Unanswered where no client can be made (no profile of that name)."""
        if service not in self._made:
            self._made[service] = Service(self._client(service), service, self.counterpart(service), self._clock)
        return self._made[service]

    def _client(self, service: str) -> Any:
        session = self._opened()
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        endpoint = self.settings.s3_endpoint if service == "s3" and self.settings.s3_endpoint else self.settings.endpoint
        config = Config(
            retries={"mode": "standard", "total_max_attempts": 3},
            connect_timeout=5,
            read_timeout=30,
            user_agent_extra="csvgen-probe",
        )
        try:
            made = session.client(service, region_name=self.settings.region, endpoint_url=endpoint, config=config)
        except (BotoCoreError, ValueError) as problem:
            raise _unanswered(problem, service) from None
        if endpoint is None and not _of_aws(made.meta.endpoint_url):
            raise Unanswered(
                "the environment or profile leads to another address than that of AWS, and the settings name none", where=service,
                hint="unset AWS_ENDPOINT_URL, or say endpoint and counterpart in the file of the platform",
            )  # fmt: skip
        made.meta.events.register_first("before-call", guard)
        return made

    def _opened(self) -> Any:
        try:
            import boto3
        except ImportError:
            raise Unanswered("boto3 is not installed here", hint=how_to_add("aws")) from None
        from botocore.exceptions import BotoCoreError

        try:
            return self._session() if self._session else boto3.Session(profile_name=self.settings.profile)
        except BotoCoreError as problem:
            raise _unanswered(problem, "the session of AWS") from None


def _of_aws(address: str) -> bool:
    """Whether an address is AWS's own: boto3 takes another from the environment, and what answers there would pass for AWS."""
    return f".{urlsplit(address).hostname or ''}".endswith(_OWN)
