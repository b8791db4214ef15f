/* Who is told of what: the sender, the postmaster, both or nobody. Sources: RFC 5321 section 6.1 (no
 * bounce of a bounce), postconf(5) notify_classes. */
#ifndef BUZON_BOUNCE_RULES_H
#define BUZON_BOUNCE_RULES_H

#include "bounce/report.h"

#define REPORTS_MAX 2 /* of one notice */

/*
 * rules_apply - the reports that a notice calls for
 *
 *  reports_r  audience, sender and recipient are filled in; texts are the arena's or the notice's
 *
 * The number of reports; 0 when nobody is to be told.
 */
size_t rules_apply(const struct config *config, struct arena *arena, const struct notice *notice,
                   struct report reports_r[REPORTS_MAX]);

#endif
