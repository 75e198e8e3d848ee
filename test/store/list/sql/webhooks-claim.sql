
    with found as (
      select w.webhook_id
       
from webhook as w
      
where w.paused_at is null
and w.next_attempt_at <= now()
and (w.leased_until is null or w.leased_until <= now())
        
and exists (select
from delivery as d
where d.webhook_id = w.webhook_id
and d.state = 'pending')
      
order by w.next_attempt_at, w.webhook_id
      
limit $1
         for no key update skip locked
    )
    update webhook as w
       set lease_id = $2, leased_until = now() + 10000 * interval '1 millisecond'
     
from found as f
    
where w.webhook_id = f.webhook_id
    returning w.webhook_id
