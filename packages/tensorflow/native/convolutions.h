// Convolutions of our own, in files that are compiled for processors with vectors for bfloat16.
#pragma once

// Registers their ops; false where the library does not take them.
bool add_convolutions();
