/* What `buzon check` looks at, and `buzon start` before it starts anything. */
#ifndef BUZON_TOOLS_CHECK_H
#define BUZON_TOOLS_CHECK_H

#include "lib/config/config.h"

/* check_fatal - without this nothing can work; makes missing directories; false: logged why */
bool check_fatal(const struct config *config) MUST_CHECK;
/* check_warn - what an administrator should know: owners, modes, parameters; logged */
void check_warn(const struct config *config);

/* check_compatibility - defaults of an old release count, which newer ones have changed: say so, as Postfix does. `program`
 * is buzon or postfix */
void check_compatibility(const struct config *config, const char *program);
/* check_programs - services whose program is not there; master leaves them out, and says so when it
 * starts; logged */
void check_programs(const struct config *config);
/* check_master_cf - it can be read; false: logged why not */
bool check_master_cf(const struct config *config) MUST_CHECK;

#endif
