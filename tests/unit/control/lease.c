// SPDX-License-Identifier: GPL-2.0-or-later
/* Each format by a sample as its program writes it, and by lines that no program should write. */
#include "../unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/names/lease_parse.h"

#define TEXT_MAX 8192

/* "PREFIX MAC NAME END" a line, then what was not understood. */
static const char *picture(lease_parser *parse, const char *input, size_t size, char *text)
{
	struct name_table *table = name_table_new(1000);
	char *exact = malloc(size ? size : 1); /* so that a byte too far is found */
	size_t n = 0, first;
	uint64_t misreads;

	assert_non_null(table);
	assert_non_null(exact);
	memcpy(exact, input, size);
	parse(table, exact, size);
	free(exact);
	assert_int_equal(name_table_close(table), 0);
	text[0] = '\0';
	for (size_t i = 0; i < name_table_count(table); i++) {
		const char *name;
		const struct name_entry *entry = name_table_at(table, i, &name);
		char prefix[PREFIX_TEXT_MAX], mac[18] = "-";
		const uint8_t *m = entry->mac;

		if (entry->mac_known)
			snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1],
				 m[2], m[3], m[4], m[5]);
		n += (size_t)snprintf(text + n, TEXT_MAX - n, "%s %s [%s] %" PRId64 "\n",
				      prefix_format(&entry->prefix, prefix), mac, name,
				      entry->ends);
	}
	misreads = name_table_misreads(table, &first);
	if (misreads)
		snprintf(text + n, TEXT_MAX - n, "misread %" PRIu64 ", first line %zu\n", misreads,
			 first);
	name_table_free(table);
	return text;
}

struct sample {
	const char *what;
	lease_parser *parse;
	const char *input, *expected;
};

static const struct sample samples[] = {
	{"dnsmasq", lease_dnsmasq,
	 "1796130000 02:00:5e:10:00:01 192.168.1.23 printer 01:02:00:5e:10:00:01\n"
	 "1796130100 02:00:5e:10:00:02 192.168.1.24 * *\n"
	 "0 06-02:00:5e:10:00:03 192.168.1.25 for-ever ff:00\n"
	 "1796130000 01-02:00:5e:10:00:04 192.168.1.26 tagged *\n"
	 "43200 02:00:5e:10:00:05 192.168.1.27 no-clock *\n"
	 "duid 00:01:00:01:2a:10:20:30:02:00:5e:10:00:fe\n"
	 "1796130200 7234561 2001:db8::17 printer 00:01:00:01:2a:10:20:30:02:00:5e:10:00:01\n"
	 "1796130300 T99 2001:db8::18 * 00:03:00:01:02:00:5e:10:00:06\n"
	 "1796130300 99 2001:db8::19 other 00:02:00:00:09:bf:01:02\n",
	 "192.168.1.23 02:00:5e:10:00:01 [printer] 1796130000\n"
	 "192.168.1.24 02:00:5e:10:00:02 [] 1796130100\n"
	 "192.168.1.25 - [for-ever] 0\n"
	 "192.168.1.26 02:00:5e:10:00:04 [tagged] 1796130000\n"
	 "192.168.1.27 02:00:5e:10:00:05 [no-clock] 0\n"
	 "2001:db8::17 02:00:5e:10:00:01 [printer] 1796130200\n"
	 "2001:db8::18 02:00:5e:10:00:06 [] 1796130300\n"
	 "2001:db8::19 - [other] 1796130300\n"},
	{"dnsmasq, odd lines", lease_dnsmasq,
	 "\n   \nx 02:00:5e:10:00:01 192.168.1.1 a *\n1796130000 02:00:5e:10:00:01 192.168.1.300 a *\n"
	 "1796130000 02:00:5e:10:00:01 192.168.1.2/24 a *\n-5 02:00:5e:10:00:01 192.168.1.3 a *\n"
	 "1796130000 02:00:5e:10:00:01 192.168.1.4 a\n"
	 "1796130000 02:00:5e:10:00 192.168.1.5 \x1b[31m *\n"
	 "1796130000 02:00:5e:10:00:01 192.168.1.6 unended *",
	 "192.168.1.5 - [\\x1b[31m] 1796130000\nmisread 5, first line 3\n"},
	{"odhcpd, before November 2025", lease_odhcpd,
	 "# br-lan 000100012a10203002005e100001 1a2b3c4d printer 1796130000 17 128 2001:db8::17/128 "
	 "fd00::17/128\n"
	 "2001:db8::17\tprinter.lan\tprinter\n"
	 "# br-lan 0003000102005e100002 1 - -1 10 60 2001:db8:0:10::/60\n"
	 "192.168.1.23\tprinter.lan\tprinter\n"
	 "# br-lan 02005e100001 ipv4 printer 1796130000 c0a80117 32 192.168.1.23/32\n"
	 "# br-lan 02005e100003 ipv4 broken\\x20my \xff/ phone 1796130001 c0a80118 32 "
	 "192.168.1.24/32\n"
	 "# br-lan 02005e100004 ipv4 expired 0 c0a80119 32 192.168.1.25/32\n",
	 "192.168.1.23 02:00:5e:10:00:01 [printer] 1796130000\n"
	 "192.168.1.24 02:00:5e:10:00:03 [my \\xff/ phone] 1796130001\n"
	 "2001:db8::17 02:00:5e:10:00:01 [printer] 1796130000\n"
	 "2001:db8:0:10::/60 02:00:5e:10:00:02 [] 0\n"
	 "fd00::17 02:00:5e:10:00:01 [printer] 1796130000\n"},
	{"odhcpd, since", lease_odhcpd,
	 "# br-lan 0:0:5e:10:0:1 ipv4 printer 1796130000 c0a80117 32 192.168.1.23/32\n"
	 "# br-lan 02:0:5e:10:0:2 ipv4 broken\\x20a\\x0a\\x23\\x20b\\x5c 1796130000 c0a80118 32 "
	 "192.168.1.24/32\n"
	 "# br-lan 0003000102005e100002 1 - 1796130000 10 60 2001:db8:0:10::/60\n"
	 "# br-lan 0003000102005e100002 2 nobody 1796130000 11 60\n",
	 "192.168.1.23 00:00:5e:10:00:01 [printer] 1796130000\n"
	 "192.168.1.24 02:00:5e:10:00:02 [a\\x0a# b\\\\] 1796130000\n"
	 "2001:db8:0:10::/60 02:00:5e:10:00:02 [] 1796130000\n"},
	{"odhcpd, odd lines", lease_odhcpd,
	 "# br-lan\n# br-lan 0 ipv4\n# br-lan 0 ipv4 x 32 1.2.3.4/32\n#\n"
	 "# br-lan 02:0:5e:10:0:1 ipv4 name many c0a80117 32 192.168.1.23/32\n"
	 "# br-lan 02:0:5e:10:0:1 ipv4 name 1796130000 c0a80117 32 192.168.1/32 192.168.1.9/32\n",
	 "192.168.1.9 02:00:5e:10:00:01 [name] 1796130000\nmisread 6, first line 1\n"},
	{"ISC dhcpd", lease_isc,
	 "# The format of this file is documented in the dhcpd.leases(5) manual page.\n"
	 "authoring-byte-order little-endian;\n\n"
	 "lease 192.168.1.100 {\n  starts 2 2026/12/01 08:00:00;\n  ends 2 2026/12/01 20:00:00;\n"
	 "  cltt 2 2026/12/01 08:00:00;\n  binding state active;\n  next binding state free;\n"
	 "  rewind binding state free;\n  hardware ethernet 02:00:5e:10:00:01;\n"
	 "  uid \"\\001\\002\\000^\\020\\000\\001\";\n"
	 "  set vendor-class-identifier = \"dhcpcd; {\";\n"
	 "  on expiry { execute (\"x\"); }\n"
	 "  client-hostname \"old-name\";\n}\n"
	 "server-duid \"\\000\\001\";\n"
	 "failover peer \"a\" state {\n  my state normal at 2 2026/12/01 08:00:00;\n}\n"
	 "lease 192.168.1.101 {\n  starts 2 2026/12/01 08:00:00;\n  ends never;\n"
	 "  binding state active;\n  hardware ethernet 02:00:5e:10:00:02;\n"
	 "  client-hostname \"evil\\033[31m\\\"; }\";\n  set ddns-fwd-name = \"other.example\";\n}\n"
	 "lease 192.168.1.102 {\n  ends epoch 1796130000; # Tue Dec 1 13:00:00 2026\n"
	 "  binding state active;\n  hardware ethernet 02:00:5e:10:00:03;\n"
	 "  set ddns-fwd-name = \"box.example\";\n}\n"
	 "lease 192.168.1.103 {\n  ends 2 2026/12/01 20:00:00;\n  binding state free;\n"
	 "  client-hostname \"gone\";\n}\n"
	 "lease 192.168.1.104 {\n  ends 2 2026/12/01 20:00:00;\n  binding state active;\n"
	 "  client-hostname \"released\";\n}\n"
	 "lease 192.168.1.104 {\n  ends 2 2026/12/01 09:00:00;\n  binding state released;\n"
	 "  client-hostname \"released\";\n}\n"
	 "lease 192.168.1.100 {\n  ends 2 2026/12/01 21:00:00;\n  binding state active;\n"
	 "  hardware ethernet 02:00:5e:10:00:01;\n  client-hostname \"new-name\";\n}\n"
	 "lease 192.168.1.100 {\n  ends 2 2026/12/01 22:00:00;\n  binding sta",
	 "192.168.1.100 02:00:5e:10:00:01 [new-name] 1796158800\n"
	 "192.168.1.101 02:00:5e:10:00:02 [evil\\x1b[31m\"; }] 0\n"
	 "192.168.1.102 02:00:5e:10:00:03 [box.example] 1796130000\n"},
	{"ISC dhcpd for IPv6", lease_isc,
	 "ia-na \"\\001\\000\\000\\000\\000\\001\\000\\001*\\020 0\\002\\000^\\020\\000\\001\" {\n"
	 "  cltt 2 2026/12/01 08:00:00;\n  iaaddr 2001:db8::100 {\n    binding state active;\n"
	 "    preferred-life 27000;\n    max-life 43200;\n    ends 2 2026/12/01 20:00:00;\n"
	 "    set ddns-fwd-name = \"box.example\";\n  }\n}\n"
	 "ia-pd 01:00:00:00:00:03:00:01:02:00:5e:10:00:02 {\n  cltt 2 2026/12/01 08:00:00;\n"
	 "  iaprefix 2001:db8:100::/56 {\n    binding state active;\n"
	 "    ends 2 2026/12/01 20:00:00;\n  }\n}\n"
	 "ia-ta \"\\001\\000\\000\\000\\000\\002\" {\n  iaaddr 2001:db8::101 {\n"
	 "    binding state expired;\n    ends 2 2026/12/01 20:00:00;\n  }\n}\n",
	 "2001:db8::100 02:00:5e:10:00:01 [box.example] 1796155200\n"
	 "2001:db8:100::/56 02:00:5e:10:00:02 [] 1796155200\n"},
	{"ISC dhcpd, odd text", lease_isc,
	 "lease 192.168.1.1 {\n  client-hostname \"cut off\nlease 192.168.1.2 {\n"
	 "  client-hostname \"whole\";\n}\n}\nlease 192.168.1.300 {\n  binding state active;\n}\n"
	 "lease 192.168.1.3 {\n  ends 2 some/time ago;\n}\nlease {\n}\nlease 192.168.1.4 }\n"
	 "{ { { lease 1.2.3.4 { } } } }\nlease 192.168.1.5 {\n  client-hostname;\n  binding;\n}\n",
	 "192.168.1.2 - [whole] 0\n192.168.1.5 - [] 0\nmisread 4, first line 1\n"},
	{"Kea, IPv4", lease_kea,
	 "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,"
	 "user_context,pool_id\n"
	 "192.0.2.10,02:00:5e:10:00:01,01:02:00:5e:10:00:01,3600,1796130000,1,0,0,old,0,,0\n"
	 "192.0.2.11,02:00:5e:10:00:02,,4294967295,6091097295,1,0,0,a&#x2cb&#x1b&#x26#x,0,{ },0\n"
	 "192.0.2.12,02:00:5e:10:00:03,,3600,1796130000,1,0,0,released,0,,0\n"
	 "192.0.2.12,02:00:5e:10:00:03,,0,1796126400,1,0,0,released,0,,0\n"
	 "192.0.2.13,,,3600,1796130000,1,0,0,,1,,0\n"
	 "192.0.2.14,02:00:5e:10:00:04,,3600,1796130000,1,0,0,reclaimed,2,,0\n"
	 "192.0.2.10,02:00:5e:10:00:01,01:02:00:5e:10:00:01,3600,1796133600,1,0,0,new,0,,0\n"
	 "192.0.2.15,02:00:5e:10:00:05,,3600,1796130000,1,0,0,half",
	 "192.0.2.10 02:00:5e:10:00:01 [new] 1796133600\n"
	 "192.0.2.11 02:00:5e:10:00:02 [a,b\\x1b&#x] 0\n"},
	/* Written by Kea 2.2 for clients that called themselves so: it escapes commas and '&' alone. */
	{"Kea, IPv4, names with a line's end and a terminal's escape in them", lease_kea,
	 "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,"
	 "user_context\n"
	 "100.64.0.100,02:e2:05:00:00:02,,3600,1795347137,1,0,0,\x1b[31mevil\x07,0,\n"
	 "100.64.0.101,02:e2:05:00:00:03,,3600,1795347137,1,0,0,a\nb&#x2cc\r\n,0,\n"
	 "100.64.0.102,02:e2:05:00:00:04,,3600,1795347138,1,0,0,\xff\xfe\xc0\xaf,0,\n"
	 "100.64.0.103,02:e2:05:00:00:05,,3600,1795347138,1,0,0,a&#x26b&#x2c&#x26#x41,0,\n",
	 "100.64.0.100 02:e2:05:00:00:02 [\\x1b[31mevil\\x07] 1795347137\n"
	 "100.64.0.101 02:e2:05:00:00:03 [a] 1795347137\n"
	 "100.64.0.102 02:e2:05:00:00:04 [\\xff\\xfe\\xc0\\xaf] 1795347138\n"
	 "100.64.0.103 02:e2:05:00:00:05 [a&b,&#x41] 1795347138\n"
	 "misread 2, first line 4\n"},
	{"Kea, IPv4, first version", lease_kea,
	 "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname\r\n"
	 "192.0.2.10,02:00:5e:10:00:01,,3600,1796130000,1,0,0,box\r\n\r\n",
	 "192.0.2.10 02:00:5e:10:00:01 [box] 1796130000\n"},
	{"Kea, IPv6", lease_kea,
	 "address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,"
	 "fqdn_fwd,fqdn_rev,hostname,hwaddr,state,user_context,hwtype,hwaddr_source,pool_id\n"
	 "2001:db8:1::10,00:01:00:01:2a:10:20:30:02:00:5e:10:00:01,200,1796130000,8,100,0,7,128,1,1,"
	 "host.example,02:00:5e:10:00:09,0,,1,0,0\n"
	 "2001:db8:100::,00:03:00:01:02:00:5e:10:00:02,200,1796130000,8,100,2,7,56,0,0,,,0,,,,0\n"
	 "2001:db8:1::11,00:02,200,1796130000,8,100,0,7,128,1,1,registered,,4,,,,0\n",
	 "2001:db8:1::10 02:00:5e:10:00:09 [host.example] 1796130000\n"
	 "2001:db8:1::11 - [registered] 1796130000\n"
	 "2001:db8:100::/56 02:00:5e:10:00:02 [] 1796130000\n"},
	{"Kea, odd rows", lease_kea,
	 "address,hwaddr,valid_lifetime,expire,hostname,state\n,,,,,\n192.0.2.1\n"
	 "192.0.2.2,x,y,1796130000,n,0\n192.0.2.3,zz,1,1796130000,n,0,more,and,more\n",
	 "192.0.2.3 - [n] 1796130000\nmisread 3, first line 2\n"},
	{"Kea, no header", lease_kea,
	 "192.0.2.10,02:00:5e:10:00:01,,3600,1796130000,1,0,0,box,0,,0\n",
	 "misread 1, first line 1\n"},
	{"labels", label_file,
	 "# customers\n100.64.3.7\tcustomer 4711, Main Street 5  \n\n  100.64.3.0/24 block C # rented\n"
	 "2001:db8:7::/48 M\xc3\xbcller#2\r\n100.64.3.8 a\n100.64.3.8 b",
	 "100.64.3.0/24 - [block C] 0\n"
	 "100.64.3.7 - [customer 4711, Main Street 5] 0\n"
	 "100.64.3.8 - [b] 0\n"
	 "2001:db8:7::/48 - [M\xc3\xbcller#2] 0\n"},
	{"labels, odd lines", label_file,
	 "100.64.3.7\n100.64.3.300 a\n100.64.3.7/24 host bits\n100.64.3.9 # only a comment\nname 1.2.3.4",
	 "misread 5, first line 1\n"},
};

static void test_samples(void **state)
{
	char text[TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		const struct sample *sample = &samples[i];

		print_message("%s\n", sample->what);
		assert_string_equal(picture(sample->parse, sample->input, strlen(sample->input),
					    text),
				    sample->expected);
	}
}

/* Wherever the writing was cut off, there is no entry that is not in the whole. */
static void test_cut_anywhere(void **state)
{
	char whole[TEXT_MAX], text[TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		const struct sample *sample = &samples[i];
		const size_t size = strlen(sample->input);

		if (sample->parse == label_file) /* a person's last line may lack its end */
			continue;
		picture(sample->parse, sample->input, size, whole);
		for (size_t length = 0; length < size; length++) {
			const char *line = picture(sample->parse, sample->input, length, text);

			for (; *line; line = strchr(line, '\n') + 1) {
				char one[512];

				snprintf(one, sizeof(one), "%.*s", (int)strcspn(line, "\n"), line);
				if (strncmp(one, "misread", 7) == 0 || strstr(whole, one))
					continue;
				/* of a journal an older entry may be the last one */
				if (sample->parse == lease_isc || sample->parse == lease_kea)
					continue;
				fail_msg("%s cut at %zu: %s", sample->what, length, one);
			}
		}
	}
}

/* Bytes that are no text, in every place. */
static void test_noise(void **state)
{
	char text[TEXT_MAX], input[4096];
	uint64_t seed = 25;

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		const size_t size = strlen(samples[i].input);

		for (unsigned round = 0; round < 300; round++) {
			memcpy(input, samples[i].input, size);
			for (unsigned j = 0; j < 8; j++)
				input[random_below(&seed, (unsigned)size)] =
					(char)next_random(&seed);
			picture(samples[i].parse, input, size, text);
			assert_null(strchr(text, '\x1b'));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests_name("control/lease", tests, NULL, NULL);
}
