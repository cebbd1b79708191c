/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where each word of the engine goes. */
#ifndef EDGE25_CONTROL_ENGINE_OPS_H
#define EDGE25_CONTROL_ENGINE_OPS_H

#include "control/engine/link.h"

/* Their context is struct control. */
extern const struct link_ops engine_ops;

#endif
