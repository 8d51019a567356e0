"""What tests of a service share: a database rolled back per test, signed-in people, the permission walker."""
