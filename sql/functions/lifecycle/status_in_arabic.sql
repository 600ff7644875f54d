-- Arabic adjectives agree with their noun: a session (جلسة) is feminine, an order, an enrollment or a wait masculine.
create or replace function status_in_arabic(p_machine text, p_status text)
returns text
language sql
immutable
security invoker
parallel safe
begin atomic
    select case p_machine
        when 'workshop.session' then
            case p_status
                when 'upcoming' then 'قادمة'
                when 'active' then 'نشطة'
                when 'full' then 'مكتملة العدد'
                when 'completed' then 'منتهية'
                when 'cancelled' then 'ملغاة'
            end
        when 'workshop.order' then
            case p_status
                when 'pending' then 'قيد الانتظار'
                when 'paid' then 'مدفوع'
                when 'cancelled' then 'ملغى'
                when 'refunded' then 'مسترد'
            end
        when 'workshop.enrollment' then
            case p_status
                when 'successful' then 'ناجح'
                when 'pending' then 'قيد الانتظار'
                when 'rejected' then 'مرفوض'
                when 'cancelled' then 'ملغى'
            end
        when 'workshop.waitlist' then
            case p_status
                when 'waiting' then 'في الانتظار'
                when 'offered' then 'معروض'
                when 'redeemed' then 'مقبول'
                when 'expired' then 'منتهي المهلة'
                when 'left' then 'منسحب'
                when 'closed' then 'مغلق'
            end
        when 'tutoring.session' then
            case p_status
                when 'scheduled' then 'مجدولة'
                when 'in_progress' then 'جارية'
                when 'completed' then 'منتهية'
                when 'cancelled' then 'ملغاة'
                when 'no_show' then 'لم يحضر الطالب'
            end
        when 'training.session' then
            case p_status
                when 'DRAFT' then 'مسودة'
                when 'SCHEDULED' then 'مجدولة'
                when 'COMPLETED' then 'منتهية'
                when 'CANCELLED' then 'ملغاة'
            end
    end;
end;

comment on function status_in_arabic(text, text) is
'The Arabic word for a status. p_machine: whose status, as in lifecycle.status_rules, such as workshop.session;
p_status: the status. Returns text, null for a status that is not known. Raises nothing.';

revoke all on function status_in_arabic(text, text) from public;
grant execute on function status_in_arabic(text, text) to sessionbook_app, sessionbook_reader;
