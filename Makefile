# SPDX-License-Identifier: GPL-2.0-or-later
# GNU make. `make help` lists what there is.
#
#   CC=clang          another compiler
#   SAN=1             AddressSanitizer and UBSan, in build-san/
#   V=1               show the commands
#   WERROR=1          warnings are errors (what `make check` does)
#   PREFIX, DESTDIR   where `install` puts things

VERSION := 0.1.0

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
SBINDIR = $(PREFIX)/sbin
BINDIR = $(PREFIX)/bin
LIBEXECDIR = $(PREFIX)/libexec/edge25
MANDIR = $(PREFIX)/share/man
COMPLETIONDIR = $(PREFIX)/share/bash-completion/completions
EXAMPLESDIR = $(PREFIX)/share/edge25/examples
UNITDIR = $(PREFIX)/lib/systemd/system
SYSUSERSDIR = $(PREFIX)/lib/sysusers.d
TMPFILESDIR = $(PREFIX)/lib/tmpfiles.d

PYTHON ?= /usr/bin/python3
PKG_CONFIG ?= pkg-config
INSTALL ?= install
INSTALL_PROGRAM = $(INSTALL)
STRIP ?= strip
CONFIG ?= /etc/edge25/edge25.conf

# One short line for each file; V=1 shows the commands.
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

BUILD := $(if $(SAN),build-san,build)

# --- compiler ------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wpointer-arith -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wimplicit-fallthrough -Wcast-align \
	-Wredundant-decls
HARDENING := -fstack-protector-strong -fPIE
FORTIFY := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# The flags, where the compiler has them and its linker can do what they ask for.
known = $(shell echo 'int main(void) { return 0; }' | \
	$(CC) $(1) -Werror -x c -o /dev/null - 2>/dev/null && echo $(1))
# Routers keep the programs in flash. Nothing here unwinds a stack; debuggers have .debug_frame.
SMALL := $(or $(call known,-Oz),-Os) -ffunction-sections -fdata-sections \
	-fno-unwind-tables -fno-asynchronous-unwind-tables
OPTIMIZE = $(if $(SAN),-O2,$(SMALL))
# Programs are compiled again when they are linked, as a whole, which makes them smaller; not what is
# made fast. Tests are not, for that takes seconds: objects have both forms. For a debugger:
# CFLAGS='-g -Og -fno-lto'.
WHOLE := $(if $(SAN),,$(call known,-flto=auto -ffat-lto-objects))

# Relocations in a tenth of the room, where the linker packs them and glibc 2.36 is there to read them.
# musl 1.2.4 reads them too, but no header tells which musl it is.
PACKS = $(CC) $(LDFLAGS) -Wl,--help 2>/dev/null | grep -q pack-relative-relocs
GLIBC = printf '\#include <features.h>\n__GLIBC__ __GLIBC_MINOR__\n' | $(CC) -E -P -x c - 2>/dev/null
ifneq ($(shell $(PACKS) && $(GLIBC) | awk '$$1 == 2 && $$2 >= 36'),)
RELR := -Wl,-z,pack-relative-relocs
endif

CFLAGS ?= -g
# libev's watcher macros cast between struct types; its manual asks for no strict aliasing.
CODE = $(HARDENING) -fno-strict-aliasing -pthread $(if $(SAN),$(SANITIZE)) $(OPTIMIZE) $(CFLAGS)
ALL_CFLAGS = -std=gnu17 $(WARNINGS) $(if $(WERROR),-Werror) $(CODE)
ALL_CPPFLAGS = -D_GNU_SOURCE -DEDGE25_VERSION='"$(VERSION)"' \
	-DEDGE25_LIBEXECDIR='"$(LIBEXECDIR)"' $(if $(SAN),,$(FORTIFY)) -Idaemon -I. $(CPPFLAGS)
LINK = -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed -Wl,--gc-sections $(RELR) \
	$(if $(SAN),$(SANITIZE)) $(LDFLAGS)
ALL_LDFLAGS = $(if $(WHOLE),-fno-lto) $(LINK)
WHOLE_LDFLAGS = $(if $(WHOLE),$(CODE) $(WHOLE)) $(LINK)

# Asked only when something is linked; libev has no .pc file.
libs = $$($(PKG_CONFIG) --libs $(1)) $(2)
LIBS_launch = $(call libs,libcap-ng libconfuse,-lev)
LIBS_engine = $(call libs,libmnl libnftnl libnetfilter_queue libcap-ng,-lev)
LIBS_control = $(call libs,jansson libcares libconfuse libmnl sqlite3 libcap-ng,-lev -lm)
LIBS_tools = $(call libs,jansson,)
LIBS_notify = $(call libs,jansson,-lev)
LIBS_rules = $(call libs,libmnl libnftnl,)
LIBS_common =

# --- what is built from what ---------------------------------------------------------------------

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
OBJ_common := $(call objects,$(wildcard daemon/common/*.c))
OBJ_rules := $(call objects,$(wildcard rules/*.c))
OBJ_engine := $(call objects,$(wildcard daemon/engine/*.c))
OBJ_control := $(call objects,$(wildcard daemon/control/*.c daemon/control/*/*.c))
# What each packet, and each of a million prefixes, goes through is made fast instead.
FAST := $(addprefix daemon/engine/,queue question burst known ring snapshots) \
	$(addprefix daemon/common/,packet policy hash addr interval sweep sort) \
	$(addprefix daemon/control/config/config_,prefixes places) $(addprefix rules/,fill elements)
FAST_OBJECTS := $(FAST:%=$(BUILD)/obj/%.o)
$(FAST_OBJECTS): private OPTIMIZE += -O2

OBJ_launch := $(call objects,$(wildcard daemon/launch/*.c))
OBJ_client := $(call objects,$(wildcard tools/common/*.c))
OBJ_tools := $(call objects,$(wildcard tools/edge25ctl/*.c))
OBJ_notify := $(call objects,$(wildcard tools/edge25-notify/*.c))

$(filter-out $(FAST_OBJECTS),$(OBJ_common) $(OBJ_rules) $(OBJ_engine) $(OBJ_control) $(OBJ_launch) \
	$(OBJ_client) $(OBJ_tools) $(OBJ_notify)): private OPTIMIZE += $(WHOLE)

PROGRAMS := $(addprefix $(BUILD)/,edge25d edge25-engine edge25-control edge25ctl edge25-notify \
	edge25-replay)

# tests/unit/<module>/<name>.c is a program of its own, linked with that module (all but main.c) and
# with what the module stands on.
BELOW_engine := $(OBJ_rules)
BELOW_tools := $(OBJ_client)
BELOW_notify := $(OBJ_client)
UNIT_SOURCES := $(wildcard tests/unit/*/*.c)
UNIT_PROGRAMS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_SOURCES))
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(filter-out tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c)))
FUZZ_REPLAYS := $(addprefix $(BUILD)/replay/,$(FUZZ_TARGETS))
BENCH_PROGRAMS := $(addprefix $(BUILD)/bench/,inject textbook logreader setup bulk kernel_load)
# What a fuzz target reads beside common.
FUZZ_SOURCES_question_parse := $(addprefix daemon/engine/,question.c burst.c known.c)
FUZZ_LIBS_question_parse = $(call libs,libmnl libnetfilter_queue,)
LEASE_SOURCES := $(addprefix daemon/control/names/,lease_parse.c name_table.c name_text.c)
LEASE_PARSERS := lease_dnsmasq lease_odhcpd lease_isc lease_kea label_file
$(foreach parser,$(LEASE_PARSERS),\
	$(eval FUZZ_SOURCES_$(parser) := daemon/control/names/$(parser).c $(LEASE_SOURCES)))
FUZZ_SOURCES_notify_gather := $(addprefix tools/edge25-notify/,gather.c incident.c item.c told.c)
FUZZ_LIBS_notify_gather = $(call libs,jansson,)
FUZZ_SOURCES_notify_state := $(addprefix tools/edge25-notify/,incident.c state.c told.c)
FUZZ_LIBS_notify_state = $(call libs,jansson,)
FUZZ_SOURCES_rpc_handle := $(addprefix daemon/control/,socket/rpc.c socket/rpc_params.c socket/rpc_parse.c \
	config/prefix_error.c config/domain_name.c)
FUZZ_LIBS_rpc_handle = $(call libs,jansson,)
FUZZ_SOURCES_neighbour_read := daemon/control/names/neighbour_read.c
FUZZ_SOURCES_trace_next := daemon/control/replay/trace.c
FUZZ_SOURCES_csv_in := tools/edge25ctl/csv_in.c
FUZZ_LIBS_neighbour_read = $(call libs,libmnl,)

.PHONY: all deps deps-check deps-demo deps-bench check check-root check-layers check-unit check-fuzz \
	man check-man check-detect check-net check-kernel check-scale fuzz bench bench-detect bench-programs demo \
	run install install-strip install-users uninstall clean help FORCE
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAMS) ## the programs, in build/

$(BUILD)/edge25d: $(OBJ_launch) $(OBJ_common)
	$(call say,LD,$@)
	$(Q)$(CC) $(WHOLE_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBS_launch)

$(BUILD)/edge25-engine: $(OBJ_engine) $(OBJ_rules) $(OBJ_common)
	$(call say,LD,$@)
	$(Q)$(CC) $(WHOLE_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBS_engine)

$(BUILD)/edge25-control: $(OBJ_control) $(OBJ_common)
	$(call say,LD,$@)
	$(Q)$(CC) $(WHOLE_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBS_control)

$(BUILD)/edge25ctl: $(OBJ_tools) $(OBJ_client) $(OBJ_common)
	$(call say,LD,$@)
	$(Q)$(CC) $(WHOLE_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBS_tools)

$(BUILD)/edge25-notify: $(OBJ_notify) $(OBJ_client) $(OBJ_common)
	$(call say,LD,$@)
	$(Q)$(CC) $(WHOLE_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBS_notify)

# Control under another name: the same code judges.
$(BUILD)/edge25-replay: $(BUILD)/edge25-control
	$(call say,LN,$@)
	$(Q)ln -sf $(<F) $@

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Another compiler or other flags: everything is compiled again.
FLAGS_TEXT = $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FLAGS_TEXT))' | cmp -s - $@ || \
		printf '%s\n' '$(subst ','\'',$(FLAGS_TEXT))' > $@

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# --- parts ---------------------------------------------------------------------------------------

deps: ## install what the build needs (apt), or name what is missing
	@tests/deps build

deps-check: ## the same for the tests
	@tests/deps build check

deps-demo: ## the same for the demo
	@tests/deps build demo

deps-bench: ## the same for the benchmarks
	@tests/deps build bench

# --- tests ---------------------------------------------------------------------------------------

check: deps-check ## every test (root: the net tests make network namespaces)
	@$(MAKE) -j$$(nproc) --no-print-directory WERROR=1 all $(UNIT_PROGRAMS) bench-programs
	@$(MAKE) --no-print-directory WERROR=1 check-layers
	@$(MAKE) --no-print-directory WERROR=1 check-unit
	@$(MAKE) --no-print-directory WERROR=1 check-fuzz
	@$(MAKE) --no-print-directory WERROR=1 check-man
	@$(MAKE) --no-print-directory WERROR=1 check-detect
	@$(MAKE) --no-print-directory WERROR=1 check-net
	@$(MAKE) --no-print-directory WERROR=1 check-net NET_TESTS=tests/kernel NET_WORKERS=0

check-layers: ## includes point one way
	@tests/check-layers

check-unit: $(UNIT_PROGRAMS) ## unit tests (cmocka)
	@failed=0; for test in $^; do $$test || failed=1; done; exit $$failed

check-fuzz: $(FUZZ_REPLAYS) ## replay the fuzzers' seeds
	@for target in $(FUZZ_TARGETS); do \
		$(BUILD)/replay/$$target tests/data/fuzz/$$target/* || exit 1; done

check-man: $(BUILD)/edge25-rpc.7 ## lint the man pages; does edge25-rpc(7) say of methods what there is?
	@mandoc -T lint -W warning $(wildcard man/*.[1-9])
	@diff -u man/edge25-rpc.7 $< || { \
		echo "man/edge25-rpc.7 is not what the tables say: make man" >&2; exit 1; }

man: $(BUILD)/edge25-rpc.7 ## write edge25-rpc(7)'s part about methods from the tables
	@cmp -s $< man/edge25-rpc.7 || cp $< man/edge25-rpc.7

# The page, with what stands between its marks written anew.
$(BUILD)/edge25-rpc.7: $(BUILD)/methods man/edge25-rpc.7
	@$(BUILD)/methods > $@.methods
	@sed -e '/^\.\\" methods: from here/r $@.methods' \
		-e '/^\.\\" methods: from/,/^\.\\" methods: up to/{/^\.\\" methods:/!d}' \
		man/edge25-rpc.7 > $@

$(BUILD)/methods: $(BUILD)/obj/man/methods.o $(filter-out %/main.o,$(OBJ_control)) $(OBJ_common)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBS_control)

check-detect: all ## the arithmetic of both benchmarks, the traffic of bench-detect, a small replay
	@$(PYTHON) -m pytest -q -rs tests/detect

check-root:
	@test "$$(id -u)" = 0 || { \
		echo "net tests, demo and benchmarks make network namespaces: run as root" >&2; exit 1; }

# Preloaded by net tests; built without the flags of the programs.
PRELOADED := $(addprefix $(BUILD)/,no_memory.so slow_disk.so time_travel.so)
$(PRELOADED): $(BUILD)/%.so: tests/net/lab/%.c
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -D_GNU_SOURCE -std=gnu17 -Wall -Wextra -O2 -fPIC -shared -o $@ $<

NET_TESTS = tests/net
# Most tests wait more than they work; each worker has namespaces of its own.
NET_WORKERS = 6

check-net: check-root bench-programs $(PRELOADED) ## net tests: real kernel, real daemon, network namespaces (root)
	@$(PYTHON) -m pytest -rs -n $(NET_WORKERS) --dist loadfile $(NET_TESTS)

check-scale: check-root bench-programs ## a million prefixes, long runs: a quarter of an hour and more (root)
	@$(PYTHON) -m pytest tests/scale

# A Debian package (a pattern: the newest), or the path of a vmlinuz with its modules in
# ../lib/modules beside it; the limit is in seconds.
KERNEL = linux-image-6\.1\..*-cloud-amd64
KERNEL_TESTS = tests/net
KERNEL_LIMIT = 7200

check-kernel: check-root all $(PRELOADED) ## net tests under KERNEL, by default Debian 12's, in QEMU (root)
	@tests/deps build check kernel
	@tests/kernel/check-kernel -t $(KERNEL_LIMIT) '$(KERNEL)' \
		$(PYTHON) -m pytest -rs -p no:cacheprovider $(KERNEL_TESTS)

# The stem takes the place of a plain % here before the second expansion.
percent := %
.SECONDEXPANSION:
$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(OBJ_common) \
		$$(filter-out $$(percent)/main.o $(OBJ_common),$$(OBJ_$$(firstword $$(subst /, ,$$*)))) \
		$$(BELOW_$$(firstword $$(subst /, ,$$*)))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) \
		$(LIBS_$(firstword $(subst /, ,$*))) $(call libs,cmocka,)

$(BUILD)/replay/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/obj/tests/fuzz/replay.o $(OBJ_common) \
		$$(call objects,$$(FUZZ_SOURCES_$$*))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(FUZZ_LIBS_$*)

fuzz: $(addprefix build-fuzz/,$(FUZZ_TARGETS)) ## build the libFuzzer targets (clang), in build-fuzz/

build-fuzz/%: tests/fuzz/%.c $$(FUZZ_SOURCES_$$*) $(wildcard daemon/common/*.c daemon/common/*.h)
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)
	$(Q)clang -D_GNU_SOURCE -Idaemon -I. -std=gnu17 -O1 -g -fno-sanitize-recover=all \
		-fsanitize=fuzzer,address,undefined -o $@ $(filter %.c,$^) $(FUZZ_LIBS_$*)

bench: deps-bench check-root ## benchmarks (root)
	@$(MAKE) --no-print-directory bench-programs $(BUILD)/time_travel.so
	@EDGE25_BUILD=$(BUILD) $(PYTHON) tests/bench/bench.py

bench-detect: all $(BUILD)/bench/tracker_speed ## who is called infected, on labelled synthetic traffic: some minutes
	@EDGE25_BUILD=$(BUILD) $(PYTHON) tests/bench/detect.py

bench-programs: all $(BENCH_PROGRAMS)
	@:

$(BUILD)/bench/tracker_speed: $(BUILD)/obj/tests/bench/tracker_speed.o \
		$(filter-out %/main.o,$(OBJ_control)) $(OBJ_common)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBS_control)

$(BUILD)/bench/inject: $(addprefix $(BUILD)/obj/tests/bench/,pairs.o frames.o)
$(BUILD)/bench/setup $(BUILD)/bench/bulk: $(BUILD)/obj/tests/bench/across.o
$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(call libs,libnetfilter_queue libmnl,)

# --- use -----------------------------------------------------------------------------------------

demo: deps-demo check-root ## the filter at work on real mail, in network namespaces (root)
	@$(MAKE) --no-print-directory all
	@$(PYTHON) tests/net/demo.py

run: all ## run the daemon in the foreground: make run CONFIG=FILE (root)
	$(BUILD)/edge25d -c $(CONFIG)

# --- installation --------------------------------------------------------------------------------

D = $(DESTDIR)
MAN_SECTIONS := 1 5 7 8
UNITS := $(wildcard systemd/*.service systemd/*.socket systemd/*.target)
EXAMPLES := $(sort $(filter-out %.yml,$(wildcard examples/*)))
SYSUSERS := $(firstword $(wildcard systemd/*sysusers*))
TMPFILES := $(firstword $(wildcard systemd/*tmpfiles*))

install: all ## programs, man pages, units; a configuration only where there is none
	$(INSTALL) -d $(D)$(SBINDIR) $(D)$(BINDIR) $(D)$(LIBEXECDIR)
	$(INSTALL_PROGRAM) -m 755 $(BUILD)/edge25d $(BUILD)/edge25-notify $(D)$(SBINDIR)/
	$(INSTALL_PROGRAM) -m 755 $(BUILD)/edge25-engine $(BUILD)/edge25-control $(D)$(LIBEXECDIR)/
	$(INSTALL_PROGRAM) -m 755 $(BUILD)/edge25ctl $(D)$(BINDIR)/
	ln -sfr $(D)$(LIBEXECDIR)/edge25-control $(D)$(BINDIR)/edge25-replay
	for section in $(MAN_SECTIONS); do for page in man/*.$$section; do \
		test -e "$$page" || continue; \
		$(INSTALL) -D -m 644 -t $(D)$(MANDIR)/man$$section "$$page" || exit 1; \
	done; done
	for unit in $(UNITS); do \
		$(INSTALL) -d $(D)$(UNITDIR) && \
		sed 's|@PREFIX@|$(PREFIX)|g' "$$unit" > $(D)$(UNITDIR)/$${unit##*/} || exit 1; \
	done
	test -z "$(SYSUSERS)" || $(INSTALL) -D -m 644 $(SYSUSERS) $(D)$(SYSUSERSDIR)/edge25.conf
	test -z "$(TMPFILES)" || $(INSTALL) -D -m 644 $(TMPFILES) $(D)$(TMPFILESDIR)/edge25.conf
	$(INSTALL) -D -m 644 tools/edge25ctl.bash $(D)$(COMPLETIONDIR)/edge25ctl
	$(INSTALL) -D -m 644 tools/edge25-notify.bash $(D)$(COMPLETIONDIR)/edge25-notify
	$(INSTALL) -d $(D)$(EXAMPLESDIR)
	$(INSTALL) -m 755 $(EXAMPLES) $(D)$(EXAMPLESDIR)/
	$(INSTALL) -m 644 examples/*.yml $(D)$(EXAMPLESDIR)/
	$(INSTALL) -d $(D)$(SYSCONFDIR)/edge25/conf.d
	for file in etc/*; do test -e $(D)$(SYSCONFDIR)/edge25/$${file##*/} || \
		$(INSTALL) -m 644 $$file $(D)$(SYSCONFDIR)/edge25/ || exit 1; \
	done
	test -n "$(DESTDIR)" || $(MAKE) --no-print-directory install-users

install-strip: ## the same, programs without what debuggers read
	@$(MAKE) --no-print-directory install \
		INSTALL_PROGRAM='$(INSTALL) -s --strip-program=$(STRIP)'

# Packages (DESTDIR) leave this to their own scripts.
install-users:
	@if command -v systemd-sysusers >/dev/null && test -n "$(SYSUSERS)"; then \
		systemd-sysusers $(SYSUSERSDIR)/edge25.conf; \
	else \
		for user in edge25 edge25-engine edge25-notify; do \
			id -u $$user >/dev/null 2>&1 || \
			useradd --system --user-group --no-create-home --home-dir /nonexistent \
				--shell /usr/sbin/nologin $$user || exit 1; \
		done; \
		getent group edge25-monitor >/dev/null || groupadd --system edge25-monitor; \
	fi

uninstall: ## the reverse of install; configuration, state and users stay
	rm -f $(D)$(SBINDIR)/edge25d $(D)$(SBINDIR)/edge25-notify
	rm -f $(D)$(BINDIR)/edge25ctl $(D)$(BINDIR)/edge25-replay
	rm -f $(D)$(LIBEXECDIR)/edge25-engine $(D)$(LIBEXECDIR)/edge25-control
	test ! -d $(D)$(LIBEXECDIR) || rmdir $(D)$(LIBEXECDIR)
	for page in $(notdir $(wildcard man/*.[1-9])); do \
		rm -f $(D)$(MANDIR)/man$${page##*.}/$$page; done
	for unit in $(notdir $(UNITS)); do rm -f $(D)$(UNITDIR)/$$unit; done
	rm -f $(D)$(SYSUSERSDIR)/edge25.conf $(D)$(TMPFILESDIR)/edge25.conf
	rm -f $(D)$(COMPLETIONDIR)/edge25ctl $(D)$(COMPLETIONDIR)/edge25-notify
	rm -rf $(D)$(EXAMPLESDIR)

clean: ## remove everything that was built
	rm -rf build build-san build-fuzz

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1	\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18
