"""Buckets of 2.x and the DBRP mappings without which InfluxQL finds nothing in them, through influxdb-client."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import urllib3

from meterproof_core.errors import StoreAccessError, StoreError
from meterproof_store.influx.answers import message_of, query_error
from meterproof_store.influx.retention import FOR_GOOD
from meterproof_store.influx.schema import Policy
from meterproof_store.influx.transport import Transport
from meterproof_store.settings import StoreSettings

_NOT_FOUND = 404


class BucketKeeper:
    """Buckets of 2.x.

    Parameters
    ----------
    transport : Transport
        To the server.
    settings : StoreSettings
        Name database and organisation.
    """

    def __init__(self, transport: Transport, settings: StoreSettings) -> None:
        import influxdb_client  # half a second; only who sets up a 2.x waits for it

        untyped: Any = influxdb_client
        self._client_room = untyped
        self._refusal: type[Exception] = untyped.rest.ApiException
        self._where = f"{transport.url}/{settings.database}"
        self._base, self._org = settings.database, settings.org
        client = untyped.InfluxDBClient(
            url=transport.url,
            token=transport.account.as_token,
            org=settings.org,
            timeout=int(settings.timeout_s * 1000),
            retries=False,
            ssl_ca_cert=settings.ca_file,
        )
        self._buckets = client.buckets_api()
        self._organisations = client.organizations_api()
        self._mappings = untyped.service.DBRPsService(client.api_client)

    def what(self, policy: Policy) -> str:
        """Return what the place of a class is called."""
        return f"bucket {self._base}/{policy}"

    def held(self) -> Mapping[Policy, int | None]:
        """Return how long each bucket keeps its data [s]."""
        found = {policy: self._bucket(policy) for policy in Policy}
        return {policy: _seconds(bucket) for policy, bucket in found.items() if bucket is not None}

    def make(self, policy: Policy, seconds: int) -> None:
        """Make a bucket."""
        with self._speaking():
            self._buckets.create_bucket(
                bucket_name=f"{self._base}/{policy}", retention_rules=self._rules(seconds), org=self._org
            )

    def lengthen(self, policy: Policy, seconds: int) -> None:
        """Let a bucket keep its data longer."""
        bucket = self._bucket(policy)
        if bucket is not None:
            bucket.retention_rules = self._rules(seconds)
            with self._speaking():
                self._buckets.update_bucket(bucket)

    def map(self) -> Mapping[Policy, str]:
        """Make the DBRP mappings that are missing."""
        missing, org_id = self.unmapped(), self._org_id()
        for policy in missing:
            bucket = self._bucket(policy)
            if bucket is None:
                continue
            mapping = self._client_room.DBRPCreate(
                bucket_id=bucket.id,
                database=self._base,
                retention_policy=policy.value,
                default=policy is Policy.COUNTERS,
                org_id=org_id,
            )
            with self._speaking():
                self._mappings.post_dbrp(dbrp_create=mapping)
        return {policy: "made" if policy in missing else "was there" for policy in Policy}

    def unmapped(self) -> list[Policy]:
        """Return the buckets that have no DBRP mapping; those that the server maps by itself count as mapped."""
        with self._speaking():
            answer = self._mappings.get_dbr_ps(org_id=self._org_id(), db=self._base)
        mapped = {mapping.retention_policy for mapping in answer.content or []}
        return [policy for policy in Policy if policy.value not in mapped]

    def _bucket(self, policy: Policy) -> Any:  # noqa: ANN401 the client's types are untyped
        """Return a bucket, None when it is not there: some versions say so by 404, some by other buckets."""
        wanted = f"{self._base}/{policy}"
        with self._speaking():
            try:
                found = self._buckets.find_bucket_by_name(wanted)
            except self._refusal as error:
                if getattr(error, "status", None) == _NOT_FOUND:
                    return None
                raise
        return found if found is not None and found.name == wanted else None

    def _org_id(self) -> str:
        with self._speaking():
            found = self._organisations.find_organizations(org=self._org)
        if not found:
            raise StoreAccessError(f"{self._where}: organisation {self._org!r} not found; name yours with org")
        return str(found[0].id)

    def _rules(self, seconds: int) -> list[Any]:
        if seconds == FOR_GOOD:
            return []
        return [self._client_room.BucketRetentionRules(type="expire", every_seconds=seconds)]

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        try:
            yield
        except self._refusal as error:
            status, body = getattr(error, "status", None) or 0, getattr(error, "body", None) or ""
            raise query_error(self._where, status, message_of(body.encode())) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise StoreError(f"{self._where}: {type(error).__name__}: {error}") from error


def _seconds(bucket: Any) -> int:  # noqa: ANN401 the client's types are untyped
    return sum(rule.every_seconds for rule in bucket.retention_rules or [])
