/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lease.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_lease(lease_odhcpd, data, size);
}
