/* LANG of POP3 (RFC 6856 section 3), which login and pop3d answer alike: English is all they speak. */
#ifndef BUZON_LIB_SASL_POP3_LANG_H
#define BUZON_LIB_SASL_POP3_LANG_H

#include "lib/base/base.h"

/* pop3_lang - the reply, without its last line end */
const char *pop3_lang(struct span argument);

#endif
