"""The rules of application credentials are checked at the end of a transaction, so that both can be deleted in one."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _check(deferrable=True, initially="DEFERRED")


def downgrade() -> None:
    _check()


def _check(**when: bool | str) -> None:
    """Replace the foreign key by one that is checked so."""
    with op.batch_alter_table("application_credential_rules", schema=None) as batch_op:
        name = batch_op.f("fk_application_credential_rules_rule_id")
        batch_op.drop_constraint(name, type_="foreignkey")
        batch_op.create_foreign_key(name, "access_rules", ["rule_id"], ["id"], **when)
