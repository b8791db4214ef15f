# Tests: unit tests (cmocka, TAP), system tests (whole instances) and fuzz targets, all under prove.
# A folder registers its unit tests in its own local.mk:
#   check_PROGRAMS += t/unit/base_buf_test          UNIT_TESTS += t/unit/base_buf_test
#   t_unit_base_buf_test_SOURCES = t/unit/base_buf_test.c
#   t_unit_base_buf_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
# and its fuzz targets likewise in FUZZ_TARGETS, with t_fuzz_NAME_LDFLAGS = $(FUZZ_LDFLAGS).
# System tests are all of t/system/*.t.

STAGE = $(abs_builddir)/stage
# Those that take longest begin first: none of them is left to run alone at the end.
LONG_TESTS = local-hostile disk-faults local-postfix buzonconf-postconf access-orders-postfix qmgr-stress hammer imap-park \
    smtp-values qmgr-portions smtp-peers smtp-servers imap-stress clients-sync imap-dovecot local-values auth qmgr-postfix qmgr
long_tests = $(LONG_TESTS:%=$(srcdir)/t/system/%.t)
SYSTEM_TESTS += $(long_tests) $(filter-out $(long_tests),$(sort $(wildcard $(srcdir)/t/system/*.t)))
FUZZ_LDFLAGS = -fsanitize=fuzzer $(AM_LDFLAGS)
FUZZ_SECONDS = 5
# System tests mostly wait for each other's processes and for disks, fuzzing for nothing.
TEST_JOBS = 6
FUZZ_JOBS = $$(nproc)

EXTRA_DIST += t/unit/unit.h t/lib.sh t/sides.sh t/keys.sh t/qmgr.sh t/content.sh t/deliveries.sh t/dovecot.sh t/logins.sh t/tool t/system t/fuzz/corpus quickstart packages.sh .ci/run .clang-format LICENSE README.md HACKING.md

check-local: check-unit check-system

# Tests beside each other wait for each other: what fails in company has to pass alone, in full view. Each target keeps its own
# account of that: `make -j check` runs two of them at a time.
# $(call prove_all,OPTIONS,TESTS)
prove_all = rm -f t/$@.state; $(PROVE) $(1) -j $(TEST_JOBS) --state=save --statefile=t/$@.state $(2) || { \
    echo "what failed, again and alone:"; failed=$$($(PROVE) -D --state=failed --statefile=t/$@.state); \
    test -n "$$failed" && $(PROVE) $(1) -v $$failed; }

check-unit: $(check_PROGRAMS)
	@test -z "$(UNIT_TESTS)" || { export CMOCKA_MESSAGE_OUTPUT=TAP; $(call prove_all,--exec 'timeout -k 10 900',$(UNIT_TESTS)); }

# What the system tests run is what `make install` puts there.
stage: all
	@$(MAKE) $(AM_MAKEFLAGS) -s install DESTDIR=$(STAGE) >/dev/null

# (make distcheck SYSTEM_TESTS= leaves them out: they have run on the same sources before.)
check-system: stage
	@test -z "$(strip $(SYSTEM_TESTS))" || $(MAKE) $(AM_MAKEFLAGS) -s run-system

run-system:
	@$(MAKE) $(AM_MAKEFLAGS) -s t/daemon/probe t/daemon/agent
	@export BUZON_BUILD=$(abs_builddir) BUZON_STAGE=$(STAGE)$(prefix); \
	$(call prove_all,--failures --comments,$(SYSTEM_TESTS)) || exit 1; \
	test "$$(id -u)" != 0 || { echo "the same as an ordinary user:"; export BUZON_TEST_AS=user; $(call prove_all,--failures --comments,$(SYSTEM_TESTS)); }

# A short run of each fuzz target over its corpus; new findings are not written to the source tree. (A machine that
# stands still for a while is no input that takes too long.)
fuzz_one = seeds=$(srcdir)/t/fuzz/corpus/$$1; test -d $$seeds || seeds=; mkdir -p t/fuzz/found/$$1; \
    echo "fuzz: $$1"; \
    t/fuzz/$$1_fuzz -max_total_time=$(FUZZ_SECONDS) -timeout=120 -rss_limit_mb=1024 -verbosity=0 \
        -artifact_prefix=t/fuzz/found/$$1- t/fuzz/found/$$1 $$seeds >t/fuzz/found/$$1.log 2>&1 || \
    { tail -n 60 t/fuzz/found/$$1.log; exit 255; }

check-fuzz: $(FUZZ_TARGETS)
	@mkdir -p t/fuzz/found
	@printf '%s\n' $(FUZZ_TARGETS:t/fuzz/%_fuzz=%) | xargs -P $(FUZZ_JOBS) -n 1 sh -c '$(fuzz_one)' fuzz_one

clean-local:
	rm -rf stage t/fuzz/found t/*.state

.PHONY: check-unit check-system run-system check-fuzz stage
