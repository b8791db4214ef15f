/*
 * buzonconf -E: what becomes of mail to an address, step by step, by the functions that smtpd,
 * cleanup, qmgr and the delivery agents use (lib/route, lib/delivery/mailbox). Nothing is changed and
 * no process of the mail system is asked; tables that name proxy: are opened directly.
 */
#ifndef BUZON_TOOLS_CONF_EXPLAIN_H
#define BUZON_TOOLS_CONF_EXPLAIN_H

#include "tools/conf/conf.h"

/*
 * explain_addresses - append the explanation of each address
 *
 *  directory  as of config_read
 *  conf       show and overrides are used
 *  sender     of the mail, for tables that depend on it; "" is the null sender
 *  addresses  in the form in which they stand in headers
 *  err        the configuration cannot be read; what a table cannot answer is part of the explanation
 */
bool explain_addresses(const char *directory, const struct conf *conf, const char *sender,
                       const struct strlist *addresses, struct buf *out,
                       struct error *err) MUST_CHECK;

#endif
