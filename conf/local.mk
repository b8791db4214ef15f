# conf: what an installation starts from. Files that are there already are left alone; the prototypes,
# which new instances start from (buzonmulti), are always those of this version.
EXTRA_DIST += conf/main.cf conf/master.cf conf/aliases conf/buzon.service.in

# Where systemd looks in each prefix.
unitdir = $(prefix)/lib/systemd/system
nodist_unit_DATA = conf/buzon.service
CLEANFILES += conf/buzon.service

conf/buzon.service: conf/buzon.service.in
	$(AM_V_GEN)$(MKDIR_P) conf && sed 's|@sbin[d]ir@|$(sbindir)|' $< >$@

install-data-local: install-conf

install-conf:
	$(MKDIR_P) "$(DESTDIR)$(config_directory)"
	@for file in main.cf master.cf; do \
	    test -e "$(DESTDIR)$(config_directory)/$$file" || \
	        $(INSTALL_DATA) "$(srcdir)/conf/$$file" "$(DESTDIR)$(config_directory)/$$file" || exit 1; \
	    $(INSTALL_DATA) "$(srcdir)/conf/$$file" "$(DESTDIR)$(config_directory)/$$file.proto" || exit 1; \
	done

uninstall-local:
	@for file in main.cf master.cf; do \
	    cmp -s "$(srcdir)/conf/$$file" "$(DESTDIR)$(config_directory)/$$file" && \
	        rm -f "$(DESTDIR)$(config_directory)/$$file"; \
	    rm -f "$(DESTDIR)$(config_directory)/$$file.proto"; \
	done; rmdir "$(DESTDIR)$(config_directory)" 2>/dev/null || :

.PHONY: install-conf
