-- Arabic adjectives agree with their noun: a session (جلسة) is feminine, an order, an enrollment or a wait masculine.
-- One constant, because triggers of every booking use it: PostgreSQL would prepare a CASE of all these words again in
-- each transaction.
create or replace function status_in_arabic(p_machine text, p_status text)
returns text
language sql
immutable
security invoker
parallel safe
begin atomic
    select jsonb '{
        "workshop.session": {
            "upcoming": "قادمة",
            "active": "نشطة",
            "full": "مكتملة العدد",
            "completed": "منتهية",
            "cancelled": "ملغاة"
        },
        "workshop.order": {
            "pending": "قيد الانتظار",
            "paid": "مدفوع",
            "cancelled": "ملغى",
            "refunded": "مسترد"
        },
        "workshop.enrollment": {
            "successful": "ناجح",
            "pending": "قيد الانتظار",
            "rejected": "مرفوض",
            "cancelled": "ملغى"
        },
        "workshop.completion": {
            "enrolled": "مسجّل",
            "in_progress": "قيد الحضور",
            "completed": "أتمّ",
            "dropped": "لم يُكمل"
        },
        "workshop.waitlist": {
            "waiting": "في الانتظار",
            "offered": "معروض",
            "redeemed": "مقبول",
            "expired": "منتهي المهلة",
            "left": "منسحب",
            "closed": "مغلق"
        },
        "tutoring.session": {
            "scheduled": "مجدولة",
            "in_progress": "جارية",
            "completed": "منتهية",
            "cancelled": "ملغاة",
            "no_show": "لم يحضر الطالب"
        },
        "training.session": {
            "DRAFT": "مسودة",
            "SCHEDULED": "مجدولة",
            "COMPLETED": "منتهية",
            "CANCELLED": "ملغاة"
        },
        "training.attendance": {
            "REGISTERED": "مسجّل",
            "ATTENDED": "حضر",
            "NO_SHOW": "لم يحضر"
        },
        "training.compliance": {
            "NON_COMPLIANT": "غير مستوفٍ",
            "PENDING": "قيد الانتظار",
            "COMPLIANT": "مستوفٍ"
        }
    }' -> p_machine ->> p_status;
end;

comment on function status_in_arabic(text, text) is
'The Arabic word for a status. p_machine: whose status, as in lifecycle.status_rules, such as workshop.session;
p_status: the status. Returns text, null for a status that is not known. Raises nothing.';

revoke all on function status_in_arabic(text, text) from public;
grant execute on function status_in_arabic(text, text) to sessionbook_common;
