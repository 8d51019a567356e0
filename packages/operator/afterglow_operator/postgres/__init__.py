"""PostgreSQL as a child process of ours."""

from afterglow_operator.postgres.cluster import Cluster
from afterglow_operator.postgres.temporary import temporary_cluster

__all__ = ["Cluster", "temporary_cluster"]
