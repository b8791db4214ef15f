/* SMTP on standard input and output, for mail programs that know no other way (sendmail -bs). */
#ifndef BUZON_TOOLS_SENDMAIL_SMTP_H
#define BUZON_TOOLS_SENDMAIL_SMTP_H

#include "tools/submission.h"

/* sendmail_smtp - serve until QUIT or the end of the input; the exit status. Who talks is the caller
 * himself: nothing is asked that buzondrop does not ask. */
int sendmail_smtp(const struct config *config);

#endif
