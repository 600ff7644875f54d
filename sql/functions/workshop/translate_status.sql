create or replace function translate_status()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
as $function$
begin
    if tg_op = 'UPDATE'
        and new.status = old.status
        and new.status_ar is not distinct from old.status_ar
    then
        return new;
    end if;
    -- Arabic adjectives agree with their noun: a session (جلسة) is feminine, an order or a seat masculine.
    new.status_ar := case tg_argv[0]
        when 'session' then
            case new.status
                when 'upcoming' then 'قادمة'
                when 'active' then 'نشطة'
                when 'full' then 'مكتملة العدد'
                when 'completed' then 'منتهية'
                when 'cancelled' then 'ملغاة'
            end
        when 'order' then
            case new.status
                when 'pending' then 'قيد الانتظار'
                when 'paid' then 'مدفوع'
                when 'cancelled' then 'ملغى'
                when 'refunded' then 'مسترد'
            end
        when 'enrollment' then
            case new.status
                when 'successful' then 'ناجح'
                when 'pending' then 'قيد الانتظار'
                when 'rejected' then 'مرفوض'
                when 'cancelled' then 'ملغى'
            end
    end;
    return new;
end
$function$;

comment on function translate_status() is
'Trigger function (before insert or update, row): status_ar is the Arabic word for status, whatever was written to it.
Argument: session, order or enrollment. Returns the row. Raises nothing.';

revoke all on function translate_status() from public;
grant execute on function translate_status() to sessionbook_app;
