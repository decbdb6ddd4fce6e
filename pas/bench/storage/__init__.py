"""What readings take on the disk, and how rate and bytes hold while they grow from a million to a hundred millions."""
