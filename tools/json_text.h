/* Text in JSON (RFC 8259), as Postfix's tools write it. */
#ifndef BUZON_TOOLS_JSON_TEXT_H
#define BUZON_TOOLS_JSON_TEXT_H

#include "lib/base/buf.h"

/* json_put_string - append a string with its quotes; octets beyond ASCII that are no UTF-8 cannot be
 * in one and become '?' */
void json_put_string(struct buf *text, struct span value);

#endif
