/* Values that name files whose content counts (buzonmap -F). */
#ifndef BUZON_TOOLS_NAMED_FILES_H
#define BUZON_TOOLS_NAMED_FILES_H

#include "lib/base/buf.h"

#define NAMED_FILES_MAX (16U * 1024 * 1024) /* octets of what one value's files hold together */

/* named_files_read - append what the files of a list hold, one behind the other with a line end
 * between them; false: one cannot be read, or it is too much */
bool named_files_read(struct span names, struct buf *content, struct error *err) MUST_CHECK;

/* named_files_encode - append in base64, as tables keep it */
void named_files_encode(struct span content, struct buf *value);
/* named_files_decode - the opposite; false: this is no base64 */
bool named_files_decode(struct span value, struct buf *content) MUST_CHECK;

#endif
