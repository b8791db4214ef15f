# Tests: unit tests (cmocka, TAP), system tests (whole instances) and fuzz targets, all under prove.
# A folder's unit test is registered here: UNIT_TESTS gets its path, and, when libraries beyond
# $(LIBBUZON) are needed, t_unit_NAME_LDADD.

check-local:
	@true
