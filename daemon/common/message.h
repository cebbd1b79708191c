/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What engine and control say to each other on run-dir/engine.sock (SOCK_SEQPACKET): a header and
 * `count` records of the one fixed size that belongs to the type. Host byte order, no pointers.
 *
 * The engine listens and speaks first (HELLO). Control sends a PLAN (the descriptor of a sealed
 * memfd rides along as SCM_RIGHTS), then CHANGEs and READs; the engine answers each PLAN and CHANGE
 * with one ACK and each READ with a reading, all with the sequence number of the request. Readings
 * by the engine's own timer have sequence 0. A reading is any number of COUNTER, TALLY, QUEUE and
 * LOSS messages and one END. EVENTs come at any time, numbered by their sequence; control says with
 * SEEN up to which it has taken them, and what it has not seen when it goes is sent to the next one.
 * Those for which there is no room meanwhile are lost, and a LOSS record counts them.
 *
 * A VERIFY is answered with any number of ITEMs and one VERDICT, a while later: the kernel's table
 * is read by a thread of its own; each comparison is told besides by a VERDICT with sequence 0. So are the
 * counts of allow elements: a USE of control asks for them, and USEs with what is new answer it, of which
 * the last has no record. They come without a question too, with sequence 0. A LOOKUP is answered at once
 * with FINDINGs, of which the last says so.
 */
#ifndef EDGE25_MESSAGE_H
#define EDGE25_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "allow.h"

#define MESSAGE_VERSION 3
#define MESSAGE_SIZE_MAX 32768 /* well below the default socket buffer of 212992 bytes */

enum message_type {
	MESSAGE_HELLO = 1, /* engine: struct message_hello */
	MESSAGE_PLAN,      /* control: struct message_plan, with one descriptor */
	MESSAGE_CHANGE,    /* control: struct message_change, exact elements, all or nothing */
	MESSAGE_READ,      /* control: no record */
	MESSAGE_ACK,       /* engine: struct message_ack; of a READ only when it failed */
	MESSAGE_EVENT,     /* engine: struct message_event */
	MESSAGE_COUNTER,   /* engine: struct message_counter */
	MESSAGE_TALLY,     /* engine: struct message_tally */
	MESSAGE_QUEUE,     /* engine: struct message_queue */
	MESSAGE_LOSS,      /* engine: struct message_loss */
	MESSAGE_END,       /* engine: no record */
	MESSAGE_SEEN,      /* control: struct message_seen */
	MESSAGE_VERIFY,    /* control: struct message_verify */
	MESSAGE_ITEM,      /* engine: struct message_item */
	MESSAGE_VERDICT,   /* engine: struct message_verdict */
	MESSAGE_USE,       /* control: no record; engine: struct message_use */
	MESSAGE_FORGET,    /* control: struct message_forget; answered by an ACK */
	MESSAGE_LOOKUP,    /* control: struct message_lookup, MESSAGE_LOOKUPS_MAX at most */
	MESSAGE_FINDING,   /* engine: struct message_finding */
	MESSAGE_TYPES
};

struct message_header {
	uint16_t version;
	uint16_t type;
	uint32_t count; /* records that follow */
	uint64_t sequence;
};

#define MESSAGE_NATIVE_QUEUE 1u /* the kernel has the nft queue expression */
#define MESSAGE_OWNER 2u        /* the table is owned and persists (kernel 6.9) */
#define MESSAGE_DESTROY 4u      /* NFT_MSG_DESTROYSETELEM (kernel 6.3) */

struct message_hello {
	uint32_t pid;
	uint32_t features;
	char version[16];
	char kernel[64]; /* uname -r */
};

struct message_plan {
	uint64_t size;
};

struct message_seen {
	uint64_t sequence; /* of the last EVENT message taken */
};

enum message_op { MESSAGE_ADD = 1, MESSAGE_DEL };

struct message_change {
	uint8_t op; /* enum message_op; ADD of an element that is there sets its expiry */
	uint8_t reserved[7];
	struct allow_element element; /* exact, or a contained host */
};

struct message_ack {
	int32_t error;           /* 0 or -errno */
	uint32_t epoch;          /* the one in force now, 0..3 */
	uint32_t kernel_changed; /* 0: the kernel held all this already; FORGET: elements that went */
	char text[244];          /* for people, when error is set */
};

enum message_event_kind {
	MESSAGE_ATTEMPT,   /* a question that was answered, or left to the kernel */
	MESSAGE_UNTRUE,    /* a source that cannot be true; decided by the kernel */
	MESSAGE_HANDSHAKE, /* the destination talks to the source: it answered the handshake */
	MESSAGE_EVENT_KINDS
};

/* One packet that user space was asked about or told of. */
struct message_event {
	uint64_t time; /* CLOCK_REALTIME, ns */
	struct addr source;
	struct addr destination;
	uint16_t source_port;
	uint16_t destination_port;
	uint8_t action; /* enum mark_action that was answered to an attempt; else MARK_NONE */
	uint8_t policy; /* number */
	uint8_t reason; /* enum packet_reason */
	uint8_t tcp_flags;
	uint8_t ttl;
	uint8_t mac_length; /* 0 or 6 */
	uint8_t mac[6];
	uint8_t kind; /* enum message_event_kind */
	uint8_t reserved;
	uint32_t interface; /* ifindex it came in by */
};

/* A named counter of the table, as the kernel has it ("refused_home"). */
struct message_counter {
	char name[64];
	uint64_t packets;
	uint64_t bytes;
};

enum message_tally_kind { MESSAGE_REFUSED = 1, MESSAGE_PASSED, MESSAGE_SUBMISSION };

/*
 * Packets counted for one host since the kernel made its element. A reading has every element that
 * is there: one that was there before and is missing has expired and starts from 0 when it returns.
 */
struct message_tally {
	struct addr host; /* IPv6: of the host's /64, lower half 0 */
	uint8_t kind;     /* enum message_tally_kind; SUBMISSION: openings of 465 and 587 */
	uint8_t reserved[2];
	uint32_t birth; /* another one: the element is another one, which counts from 0 */
	uint64_t packets;
};

struct message_queue {
	uint32_t number;
	uint32_t held;           /* not answered now; where the kernel does not say, 1: some are */
	uint64_t answered;       /* by this engine since it started */
	uint64_t kernel_dropped; /* queue full (stays 0 with fail-open) */
	uint64_t user_dropped;   /* receive buffer full */
};

/* Something that a bound made the engine lose; the name says what ("events-unsent"). */
/* A loss: times that the table was gone, with what it had counted. Its counters begin anew. */
#define MESSAGE_TABLES_LOST "tables-lost"

struct message_loss {
	char name[48];
	uint64_t count; /* since this engine started */
};

struct message_verify {
	uint32_t list; /* 1: ITEMs of all that is there, elements apart; 0: of differences only */
	uint32_t reserved;
};

enum message_item_kind {
	MESSAGE_TABLE = 1,
	MESSAGE_CHAIN,
	MESSAGE_RULE,
	MESSAGE_SET,
	MESSAGE_ELEMENT,
	MESSAGE_OBJECT,
	MESSAGE_ITEM_KINDS
};

enum message_problem {
	MESSAGE_PRESENT, /* none: it is there */
	MESSAGE_MISSING,
	MESSAGE_UNEXPECTED,
	MESSAGE_DIFFERENT,
	MESSAGE_PROBLEMS
};

#define MESSAGE_ITEMS_MAX 100 /* differences that are told; a VERDICT has their number */

/* A part of the kernel's table, and in which way it is not what the plan says. */
struct message_item {
	uint8_t kind;    /* enum message_item_kind */
	uint8_t problem; /* enum message_problem */
	uint8_t reserved[2];
	uint32_t number;  /* of a rule in its chain, from 1 */
	uint64_t packets; /* of a counter; rules of a chain; elements of a set */
	uint64_t bytes;   /* of a counter */
	char name[64];    /* of the chain, set or object */
	char expected[160];
	char found[160];
};

struct message_verdict {
	int32_t error;        /* 0 or -errno: then there was no comparison */
	uint32_t duration;    /* ms */
	uint64_t differences; /* 0: kernel and plan are the same */
	uint64_t elements;    /* how many of each were compared */
	uint32_t chains;
	uint32_t rules;
	uint32_t sets;
	uint32_t objects;
	uint32_t repairs; /* 1: the table is put back now */
	char text[148];   /* for people, when error is set */
};

/*
 * Packets that an element of the allow sets was found for since the kernel has it. Only what is new
 * since the last time is told; a new peer is told all that are not 0.
 */
struct message_use {
	uint8_t kind; /* these four as in struct allow_element */
	uint8_t family;
	uint8_t exact;
	uint8_t way;
	uint8_t from[16]; /* where it begins; network order, IPv4 in [0..3], 0: any */
	uint8_t to[16];
	uint32_t id; /* of the entry, as struct allow_element has it */
	uint64_t packets;
	int64_t time;   /* CLOCK_REALTIME, seconds: the reading that found the last of them */
	uint32_t birth; /* another one: it counts from 0 since; 0: not known, the one before */
	uint8_t ended;  /* 1: the last count of an element that was taken away, or made anew */
	uint8_t reserved[3];
};
/* So many bytes at its beginning name the element. */
#define MESSAGE_USE_NAME offsetof(struct message_use, id)

/* Takes a host out of all that packets have filled. */
struct message_forget {
	struct prefix host; /* IPv4: /32; IPv6: POLICY_HOST_PREFIX6_MIN..MAX */
	uint8_t reserved[6];
};

#define MESSAGE_FINDINGS_MAX 16 /* of each lookup, its outcome among them */
#define MESSAGE_LOOKUPS_MAX 32  /* in a message; each takes the engine up to a millisecond */

/* What would the kernel's table do with an opening to port 25 now? */
struct message_lookup {
	struct addr source;
	struct addr destination; /* family 0: one of which no entry says anything */
	char interface[16];      /* by which it comes in; "": one that no range names */
};

enum message_finding_kind {
	MESSAGE_MET = 1, /* an element that the packet meets on its way */
	MESSAGE_OUTCOME  /* what becomes of it; once for each lookup, after what it met */
};

/* What a packet met. */
enum message_met {
	MESSAGE_MET_RANGE = 1, /* its policy, by an element or by a rule */
	MESSAGE_MET_ENTRY,     /* an allow entry */
	MESSAGE_MET_CONTAINED, /* its source is cut off */
	MESSAGE_MET_REFUSED,   /* a refusal, remembered */
	MESSAGE_MET_PASSED,    /* its pair was let through before */
	MESSAGE_MET_EMERGENCY, /* the first rules while the table is put back */
	MESSAGE_MET_PACE /* its source asked within the last second, so it may be beyond its pace */
};

enum message_outcome {
	MESSAGE_UNKNOWN, /* the text says why */
	MESSAGE_ACCEPT,
	MESSAGE_REFUSE,
	MESSAGE_ASK /* a question to user space */
};

enum message_way {
	MESSAGE_BY_NOTHING = 1, /* nothing in the table refuses it */
	MESSAGE_BY_NO_TABLE,    /* there is no table, or nothing in it sees packets */
	MESSAGE_BY_LOCAL,       /* it is to this machine itself */
	MESSAGE_BY_ENTRY,
	MESSAGE_BY_CONTAINMENT,
	MESSAGE_BY_MEMORY, /* as answered before */
	MESSAGE_BY_UNTRUE, /* no route leads back to its source */
	MESSAGE_BY_EMERGENCY,
	MESSAGE_BY_QUESTION, /* only after it was asked, or if nobody answers */
	MESSAGE_BY_OTHER,    /* a rule that is none of ours */
	MESSAGE_WAYS
};

enum message_refusal { MESSAGE_DROPPED = 1, MESSAGE_RESET, MESSAGE_UNREACHABLE, MESSAGE_REFUSALS };

#define MESSAGE_NO_POLICY 255
#define MESSAGE_NO_ENTRY UINT32_MAX

/* By its kind some fields have no meaning and are 0. */
struct message_finding {
	uint32_t index;   /* of the lookup in its message */
	uint8_t kind;     /* enum message_finding_kind */
	uint8_t last;     /* 1: nothing follows */
	uint8_t met;      /* MET: enum message_met */
	uint8_t way;      /* MET an entry: enum allow_way; OUTCOME: enum message_way */
	uint8_t outcome;  /* OUTCOME: enum message_outcome */
	uint8_t answer;   /* ASK: ACCEPT or REFUSE, what comes of the answer that is given now */
	uint8_t answered; /* ASK: 1: by the engine; 0: nobody answers, it is the safe one */
	uint8_t refusal;  /* OUTCOME, refused: enum message_refusal */
	uint8_t policy;   /* MET a refusal, ASK: number; else MESSAGE_NO_POLICY */
	uint8_t router;   /* OUTCOME: 1: it is the router's own packet */
	uint8_t reserved[2];
	uint32_t entry;     /* MET an entry: its id, 0: configuration; MESSAGE_NO_ENTRY: not said */
	uint32_t rule;      /* OUTCOME: number of the rule in its chain, from 1; 0: none */
	uint64_t remaining; /* MET: ms until it ends, a pace: until it is whole again; 0: never */
	struct addr from[2]; /* MET: first and last source; family 0: any */
	struct addr to[2];   /* MET: the same of the destination */
	char place[44];      /* MET: the set; OUTCOME: the last chain */
	char text[96];       /* MET a range: the policy's name; UNKNOWN: the reason */
};

/* Size of one record of @type; 0 for a type without records or an unknown one. */
size_t message_record_size(unsigned type);
/* How many records of @type fit into MESSAGE_SIZE_MAX. */
size_t message_records_max(unsigned type);
/*
 * Is @length bytes at @data one whole message: known version and type, count within bounds, length
 * exact? On success the header is copied to *header and the records begin at data + sizeof header.
 */
int message_check(const void *data, size_t length, struct message_header *header);
/* Copies record @index, which must be below header->count, out of a checked message. */
void message_record(const void *data, const struct message_header *header, size_t index,
		    void *record);
/* The word for a type ("hello"); NULL out of range. */
const char *message_type_word(unsigned type);

#endif
