/* aliases(5): the tables of alias_maps, and who owns them. */
#ifndef BUZON_LOCAL_ALIAS_H
#define BUZON_LOCAL_ALIAS_H

#include "lib/config/config.h"

struct alias_tables;

/* alias_tables_open - each table of alias_maps by itself, because commands and files in a value are
 * delivered with the rights of the table's owner; proxy: is opened directly */
struct alias_tables *alias_tables_open(const struct config *config)
    __attribute__((returns_nonnull));
void alias_tables_close(struct alias_tables **tables);
/* alias_tables_changed - a table was built again since it was opened */
bool alias_tables_changed(const struct alias_tables *tables);

#endif
