"""How the outcome of a cohort is measured (docs/odd.md, section 7): what each design sees, and how far it can be believed."""
