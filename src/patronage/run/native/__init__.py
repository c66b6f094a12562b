"""A second way to run the month: translated to C++ and compiled, where the machine has a compiler."""
