/*
 * Names and passwords of which there is more than one spelling in Unicode: composed or not, with spaces of other
 * widths, with characters that nobody sees. Source: RFC 4013 (SASLprep), which RFC 4616 and RFC 5802 ask for.
 */
#ifndef BUZON_LIB_SASL_SASLPREP_H
#define BUZON_LIB_SASL_SASLPREP_H

#include "lib/base/base.h"

#define SASLPREP_MAX 4096 /* octets of what is prepared */

/*
 * saslprep - the one spelling; characters that Unicode did not know in 2002 stay as they are (a "query")
 *
 * ASCII is itself. Data NULL: it cannot be prepared, because it is no UTF-8, or too long, or has in it what nobody
 * can have typed, or nothing is left. The arena's, or the text itself.
 */
struct span saslprep(struct arena *arena, struct span text);

#endif
