/*
 * The settings of a table that asks a server: the file behind `mysql:/etc/x.cf`, in main.cf's syntax,
 * or, for `mysql:name`, the parameters name_hosts, name_user... of main.cf itself. Source: Postfix
 * mysql_table(5), pgsql_table(5), ldap_table(5), sqlite_table(5), memcache_table(5).
 */
#ifndef BUZON_LIB_MAP_TABLE_SETTINGS_H
#define BUZON_LIB_MAP_TABLE_SETTINGS_H

#include "lib/map/map_type.h"

struct table_settings;

/* table_settings_open - NULL and *err: the file cannot be read or is malformed, or so is a setting in
 * main.cf; `name` as behind the colon of type:name, `config` is borrowed for the life of the settings */
struct table_settings *table_settings_open(const struct config *config, const char *name,
                                           struct error *err) MUST_CHECK;
/* table_settings_parse - the same from the text of a file, for table_settings_open and tests */
struct table_settings *table_settings_parse(const struct config *config, const char *name,
                                            struct span text, struct error *err) MUST_CHECK;
void table_settings_free(struct table_settings **settings);
bool table_settings_changed(const struct table_settings *settings);
/* table_settings_name - what they were opened by, for messages */
const char *table_settings_name(const struct table_settings *settings);
const struct config *table_settings_config(const struct table_settings *settings);

/* table_setting - a value, or `fallback` where it is not set; borrowed */
const char *table_setting(const struct table_settings *settings, const char *name,
                          const char *fallback);
/* table_setting_text - the same, where nothing is no value. PERMANENT: it is set, and empty */
bool table_setting_text(const struct table_settings *settings, const char *name,
                        const char *fallback, const char **text_r, struct error *err) MUST_CHECK;
/* table_setting_number - PERMANENT: it is set, and no number of at least `least`; 0: of any size, also below nothing */
bool table_setting_number(const struct table_settings *settings, const char *name, int fallback,
                          int least, int *number_r, struct error *err) MUST_CHECK;
/* table_setting_flag - PERMANENT: it is neither yes nor no */
bool table_setting_flag(const struct table_settings *settings, const char *name, bool fallback,
                        bool *flag_r, struct error *err) MUST_CHECK;

/*
 * table_settings_check - settings that are read later, when a server is connected to
 *
 *  checks  ended by one without a name; of a flag neither yes nor no, of a text that is empty, of a number that is none
 *          or less than `least` (0: of any size): PERMANENT
 */
struct table_setting_check {
    const char *name;
    enum { TABLE_SETTING_FLAG, TABLE_SETTING_NUMBER, TABLE_SETTING_TEXT } kind;
    int least;
};
bool table_settings_check(const struct table_settings *settings,
                          const struct table_setting_check *checks, struct error *err) MUST_CHECK;

#endif
