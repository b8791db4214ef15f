/*
 * buzonalias: makes, changes, asks and lists alias tables, as postalias(1) does; it may be called by
 * that name. The source has lines "name: value, value..." (aliases(5)).
 */
#include "lib/base/base.h"

#include "lib/map/table_source.h"
#include "tools/table_tool.h"

int main(int argc, char *argv[])
{
    static const struct table_command command = {
        .reader = "buzonalias",
        .options = "+c:d:fijnNopq:rsuvw",
        .usage = "[-Nfinoprsuvw] [-c config_dir] [-d key] [-q key] [map_type:]file...",
        .separator = ":\t",
        .parse = table_parse_alias,
        .signature = TABLE_ALIAS_SIGNATURE,
    };

    return table_tool_main(&command, argc, argv);
}
