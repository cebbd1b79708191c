/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bpf(2), which the C library does not wrap. */
#ifndef EDGE25_BENCH_SYSCALL_BPF_H
#define EDGE25_BENCH_SYSCALL_BPF_H

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int syscall_bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

#endif
