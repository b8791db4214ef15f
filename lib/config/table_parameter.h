/*
 * Parameters that are named for a table: "accounts_hosts" of mysql:accounts. Their names end as the settings in a
 * table's own file are called (mysql_table(5) and the like).
 */
#ifndef BUZON_LIB_CONFIG_TABLE_PARAMETER_H
#define BUZON_LIB_CONFIG_TABLE_PARAMETER_H

#include "lib/base/strlist.h"

/* table_parameter_note - add the "type:name" of each table in `text` that has such parameters to `tables` */
void table_parameter_note(const char *text, struct strlist *tables);

/* table_parameter_applies - is this the name of a parameter of the table "type:name"? */
bool table_parameter_applies(const char *table, struct span parameter) MUST_CHECK;

#endif
