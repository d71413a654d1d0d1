"""Object stores behind the object_store port."""
