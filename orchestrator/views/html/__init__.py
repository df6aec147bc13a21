"""Pages as HTML: one file each, that asks for nothing else."""
