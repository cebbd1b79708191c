// SPDX-License-Identifier: GPL-2.0-or-later
#include "pairs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "syscall_bpf.h"

#define NANOSECONDS 1000000000u

struct code {
	struct bpf_insn insns[96];
	unsigned length;
};

static void emit(struct code *code, uint8_t op, uint8_t to, uint8_t from, int16_t offset,
		 uint32_t value)
{
	code->insns[code->length++] = (struct bpf_insn){
		.code = op,
		.dst_reg = to & 0xf,
		.src_reg = from & 0xf,
		.off = offset,
		.imm = (int32_t)value,
	};
}

static void emit_move(struct code *code, uint8_t to, uint8_t from)
{
	emit(code, BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}

static void emit_load64(struct code *code, uint8_t to, uint8_t kind, uint64_t value)
{
	emit(code, BPF_LD | BPF_IMM | BPF_DW, to, kind, 0, (uint32_t)value);
	emit(code, 0, 0, 0, 0, (uint32_t)(value >> 32));
}

static void emit_return(struct code *code, uint32_t action)
{
	emit(code, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, action);
	emit(code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* Register 6 to the frame, if it is as long as it should be: the verifier wants to see that. */
static void emit_frame(struct code *code)
{
	emit(code, BPF_LDX | BPF_MEM | BPF_W, BPF_REG_6, BPF_REG_1, offsetof(struct xdp_md, data),
	     0);
	emit(code, BPF_LDX | BPF_MEM | BPF_W, BPF_REG_3, BPF_REG_1,
	     offsetof(struct xdp_md, data_end), 0);
	emit_move(code, BPF_REG_2, BPF_REG_6);
	emit(code, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, FRAME_SIZE);
	emit(code, BPF_JMP | BPF_JLE | BPF_X, BPF_REG_2, BPF_REG_3, 2, 0);
	emit_return(code, XDP_ABORTED);
}

/*
 * Drops a frame that comes before its time: n frames may have passed n / rate after @start. Many
 * are made and dropped meanwhile, so that those that pass do it evenly, a batch at a time.
 * Register 9 has the map's value.
 */
static void emit_pace(struct code *code, const struct pairs *pairs, uint64_t start)
{
	emit(code, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_ktime_get_ns);
	emit_load64(code, BPF_REG_1, 0, start);
	emit(code, BPF_ALU64 | BPF_SUB | BPF_X, BPF_REG_0, BPF_REG_1, 0, 0);
	emit(code, BPF_ALU64 | BPF_MUL | BPF_K, BPF_REG_0, 0, 0, pairs->rate);
	emit(code, BPF_ALU64 | BPF_DIV | BPF_K, BPF_REG_0, 0, 0, NANOSECONDS);
	emit_load64(code, BPF_REG_1, 0, pairs->first);
	emit(code, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_0, BPF_REG_1, 0, 0);
	emit(code, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_2, BPF_REG_9, 0, 0);
	emit(code, BPF_JMP | BPF_JLT | BPF_X, BPF_REG_2, BPF_REG_0, 2, 0);
	emit_return(code, XDP_DROP);
}

/* Register 7 to the pair's number, which is counted. */
static void emit_number(struct code *code, const struct pairs *pairs)
{
	emit(code, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_7, 0, 0, 1);
	emit(code, BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_9, BPF_REG_7, 0, BPF_ADD | BPF_FETCH);
	emit(code, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_7, 0, 0, pairs->count - 1);
}

/* Frames come again, and a router has written into those that it forwarded. */
static void emit_renewed(struct code *code, const struct frame *frame)
{
	uint32_t address;
	uint16_t rest;

	memcpy(&address, frame->bytes, sizeof(address));
	memcpy(&rest, frame->bytes + sizeof(address), sizeof(rest));
	emit(code, BPF_ST | BPF_MEM | BPF_W, BPF_REG_6, 0, 0, address);
	emit(code, BPF_ST | BPF_MEM | BPF_H, BPF_REG_6, 0, sizeof(address), rest);
	emit(code, BPF_ST | BPF_MEM | BPF_B, BPF_REG_6, 0, frame->hops_at, FRAME_HOPS);
}

/* The last 32 bits of both addresses into the frame; register 8 to their sum. */
static void emit_addresses(struct code *code, const struct pairs *pairs)
{
	uint32_t bits = (uint32_t)__builtin_ctz(pairs->sources);

	emit_move(code, BPF_REG_8, BPF_REG_7);
	emit(code, BPF_ALU | BPF_AND | BPF_K, BPF_REG_8, 0, 0, pairs->sources - 1);
	emit(code, BPF_ALU | BPF_ADD | BPF_K, BPF_REG_8, 0, 0, PAIRS_SOURCE);
	emit(code, BPF_ALU | BPF_END | BPF_TO_BE, BPF_REG_8, 0, 0, 32);
	emit(code, BPF_STX | BPF_MEM | BPF_W, BPF_REG_6, BPF_REG_8, pairs->frame.source_at, 0);

	emit_move(code, BPF_REG_9, BPF_REG_7);
	emit(code, BPF_ALU | BPF_RSH | BPF_K, BPF_REG_9, 0, 0, bits);
	emit(code, BPF_ALU | BPF_ADD | BPF_K, BPF_REG_9, 0, 0, PAIRS_DESTINATION);
	emit(code, BPF_ALU | BPF_END | BPF_TO_BE, BPF_REG_9, 0, 0, 32);
	emit(code, BPF_STX | BPF_MEM | BPF_W, BPF_REG_6, BPF_REG_9, pairs->frame.destination_at, 0);
	emit(code, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_8, BPF_REG_9, 0, 0);
}

/* One's complement sum of 16-bit words, in the byte order of this machine (RFC 1071, 2 B). */
static uint32_t sum16(const uint8_t *data, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i += 2) {
		uint16_t word;

		memcpy(&word, data + i, sizeof(word));
		sum += word;
	}
	return sum;
}

/* Stores the checksum of the pair (its sum is in register 8) and of the rest (@sum). */
static void emit_checksum(struct code *code, uint32_t sum, int16_t at)
{
	emit_move(code, BPF_REG_2, BPF_REG_8);
	emit(code, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, sum);
	for (int i = 0; i < 3; i++) { /* 34 bits fold into 16 in three steps */
		emit_move(code, BPF_REG_3, BPF_REG_2);
		emit(code, BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_3, 0, 0, 16);
		emit(code, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_2, 0, 0, 0xffff);
		emit(code, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_2, BPF_REG_3, 0, 0);
	}
	emit(code, BPF_ALU64 | BPF_XOR | BPF_K, BPF_REG_2, 0, 0, 0xffff);
	emit(code, BPF_STX | BPF_MEM | BPF_H, BPF_REG_6, BPF_REG_2, at, 0);
}

static void emit_checksums(struct code *code, const struct frame *frame)
{
	const uint8_t *bytes = frame->bytes;
	uint32_t header = sum16(bytes + FRAME_IP_AT, frame->transport_at - FRAME_IP_AT);
	uint32_t rest = sum16(bytes + frame->addresses_at, FRAME_SIZE - frame->addresses_at) +
			htons(frame->protocol) + htons(FRAME_SIZE - frame->transport_at);

	if (frame->ip_checksum_at)
		emit_checksum(code, header, frame->ip_checksum_at);
	emit_checksum(code, rest, frame->checksum_at);
}

static void emit_all(struct code *code, const struct pairs *pairs, int map, uint64_t start)
{
	emit_frame(code);
	emit_load64(code, BPF_REG_9, BPF_PSEUDO_MAP_VALUE, (uint32_t)map);
	if (pairs->rate)
		emit_pace(code, pairs, start);
	emit_number(code, pairs);
	emit_renewed(code, &pairs->frame);
	emit_addresses(code, pairs);
	emit_checksums(code, &pairs->frame);
	emit_return(code, pairs->drop ? XDP_DROP : XDP_PASS);
}

/* The map has one element, the number of the next pair. */
static int map_create(uint64_t first)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(uint64_t),
		.max_entries = 1,
	};
	uint32_t key = 0;
	int fd = syscall_bpf(BPF_MAP_CREATE, &attr);

	if (fd < 0)
		return -errno;
	attr = (union bpf_attr){
		.map_fd = (uint32_t)fd,
		.key = (uintptr_t)&key,
		.value = (uintptr_t)&first,
	};
	return syscall_bpf(BPF_MAP_UPDATE_ELEM, &attr) < 0 ? -errno : fd;
}

int pairs_load(const struct pairs *pairs, struct pairs_program *program)
{
	static char log[65536];
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_XDP};
	struct code code = {.length = 0};
	struct timespec now;

	program->map = map_create(pairs->first);
	if (program->map < 0)
		return program->map;
	clock_gettime(CLOCK_MONOTONIC, &now);
	emit_all(&code, pairs, program->map,
		 (uint64_t)now.tv_sec * NANOSECONDS + (uint64_t)now.tv_nsec);
	attr.insns = (uintptr_t)code.insns;
	attr.insn_cnt = code.length;
	attr.license = (uintptr_t) "GPL";
	attr.log_buf = (uintptr_t)log;
	attr.log_size = sizeof(log);
	attr.log_level = 1;
	program->program = syscall_bpf(BPF_PROG_LOAD, &attr);
	if (program->program >= 0)
		return 0;
	fputs(log, stderr);
	return -errno;
}

uint64_t pairs_made(const struct pairs *pairs, const struct pairs_program *program)
{
	uint32_t key = 0;
	uint64_t next = pairs->first;
	union bpf_attr attr = {
		.map_fd = (uint32_t)program->map,
		.key = (uintptr_t)&key,
		.value = (uintptr_t)&next,
	};

	syscall_bpf(BPF_MAP_LOOKUP_ELEM, &attr);
	return next - pairs->first;
}
