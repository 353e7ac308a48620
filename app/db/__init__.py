"""The store of facts. SQLAlchemy lives here and nowhere else."""
